#include "app/healthcheck.hpp"

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "http/loopback.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

std::size_t take_bytes(char* bytes, std::size_t one, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + one * count > limits::kHealthResponseBytes) return 0;
  body.append(bytes, one * count);
  return one * count;
}

}  // namespace

std::string health_url(const std::string& listen, const std::string& path) {
  const std::string_view host = without_port(listen);
  const std::string_view port = std::string_view(listen).substr(host.size());
  std::string asked(host);
  if (host == "0.0.0.0") asked = "127.0.0.1";
  if (host == "[::]") asked = "[::1]";
  return ("http://" + asked).append(port).append(path);
}

Result<Health> ask_health(const std::string& url, std::chrono::milliseconds timeout) {
  const auto failed = [&](const std::string& why) {
    return Error{"health_unknown", Retry::kLater, url + ": " + why};
  };
  const std::unique_ptr<CURL, CurlFree> curl(curl_easy_init());
  if (!curl) return failed("out of memory");
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http");
  // The environment's proxy is for other hosts.
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return failed(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return Health{status == 200, std::to_string(status) + ' ' + one_line(body)};
}

}  // namespace postern
