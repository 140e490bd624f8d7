#include "web/origin_check.hpp"

#include <algorithm>
#include <string_view>

#include "web/request_fields.hpp"

namespace postern {
namespace {

/// Scheme, host and port of an absolute URL.
std::string_view origin_of(std::string_view url) {
  const auto host = url.find("://");
  if (host == std::string_view::npos) return {};
  return url.substr(0, url.find('/', host + 3));
}

bool is_trusted(std::string_view origin, const WebSettings& settings) {
  return origin == origin_of(settings.base_url) ||
         std::find(settings.cors_origins.begin(), settings.cors_origins.end(), origin) !=
             settings.cors_origins.end();
}

}  // namespace

Status check_origin(const HttpRequest& request, const WebSettings& settings) {
  const auto origin = request.header("Origin");
  const auto site = request.header("Sec-Fetch-Site");
  if (origin.empty() && site.empty()) return {};
  if (!origin.empty() && is_trusted(origin, settings)) return {};
  if (site == "same-origin" || site == "none") return {};
  return request_error("cross_site", "Sent from a page of another site.");
}

}  // namespace postern
