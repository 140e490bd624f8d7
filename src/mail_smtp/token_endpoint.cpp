#include "mail_smtp/token_endpoint.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "base/oauth_limits.hpp"
#include "text/url.hpp"

namespace postern {
namespace {

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Error failed(std::string detail) {
  return Error{"oauth_endpoint", Retry::kLater, "token endpoint: " + std::move(detail)};
}

std::size_t take_bytes(char* bytes, std::size_t one, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + count > limits::kTokenResponseBytes) return 0;
  body.append(bytes, one * count);
  return one * count;
}

long milliseconds(std::chrono::milliseconds time) { return static_cast<long>(time.count()); }

bool is_loopback_url(std::string_view url) {
  for (const std::string_view host : {"127.0.0.1", "[::1]", "localhost"}) {
    const auto begin = "http://" + std::string(host);
    if (!url.starts_with(begin)) continue;
    const auto rest = url.substr(begin.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

void set_up(CURL* curl, const std::string& url, const std::string& ca_file) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_loopback_url(url) ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits::kTokenConnectTimeout));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(limits::kTokenTimeout));
}

Result<TokenResponse> post(const std::string& url, const Secret& form, const std::string& ca_file) {
  static std::once_flag initialised;
  std::call_once(initialised, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, CurlFree> curl(curl_easy_init());
  const std::unique_ptr<curl_slist, CurlFree> headers(
      curl_slist_append(nullptr, "Accept: application/json"));
  if (!curl || !headers) return failed("out of memory");
  TokenResponse response;
  set_up(curl.get(), url, ca_file);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(form.view().size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, form.view().data());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &response.body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_WRITE_ERROR) return failed("the answer is too large");
  if (code != CURLE_OK) return failed(curl_easy_strerror(code));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

}  // namespace

bool is_token_url(const std::string& url) {
  return parse_base_url(url) && (url.starts_with("https://") || is_loopback_url(url));
}

PostForm https_post(std::string ca_file) {
  return [ca_file = std::move(ca_file)](const std::string& url, const Secret& form) {
    return post(url, form, ca_file);
  };
}

}  // namespace postern
