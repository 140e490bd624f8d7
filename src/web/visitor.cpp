#include "web/visitor.hpp"

#include "base/login_limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr std::string_view kSessionCookie = "__Host-postern";
constexpr std::string_view kDeviceCookie = "__Host-postern-device";
constexpr std::string_view kSentCookie = "__Host-postern-sent";
/// Followed by the flow's id.
constexpr std::string_view kFlowCookie = "__Host-postern-flow-";
constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=";
constexpr std::string_view kBearer = "bearer ";

HttpHeader cookie_header(std::string_view name, std::string_view value, Duration life) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(life).count();
  std::string cookie(name);
  cookie.append("=").append(value).append(kAttributes).append(std::to_string(seconds));
  return {"Set-Cookie", std::move(cookie)};
}

template <class Visit>
void each_cookie(const HttpRequest& request, Visit visit) {
  for (const auto& [name, value] : request.headers) {
    if (!ascii::equals_ignoring_case(name, "cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      const auto pair = ascii::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos) visit(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
}

/// Empty when there is none of that name, or more than one: which of two is ours is not for us to
/// guess.
std::string cookie_of(const HttpRequest& request, std::string_view wanted) {
  std::string found;
  int count = 0;
  each_cookie(request, [&](std::string_view name, std::string_view value) {
    if (name != wanted) return;
    ++count;
    found = value;
  });
  return count == 1 ? found : std::string();
}

}  // namespace

std::string session_cookie_of(const HttpRequest& request) {
  return cookie_of(request, kSessionCookie);
}

std::string device_cookie_of(const HttpRequest& request) {
  return cookie_of(request, kDeviceCookie);
}

HttpHeader set_device_cookie(std::string_view device_tokens) {
  return cookie_header(kDeviceCookie, device_tokens, limits::kDeviceLife);
}

std::string sent_cookie_of(const HttpRequest& request) { return cookie_of(request, kSentCookie); }

HttpHeader set_sent_cookie(std::string_view sealed, Duration life) {
  return cookie_header(kSentCookie, sealed, life);
}

std::vector<std::pair<std::string, std::string>> flow_cookies_of(const HttpRequest& request) {
  std::vector<std::pair<std::string, std::string>> flows;
  each_cookie(request, [&](std::string_view name, std::string_view value) {
    if (name.starts_with(kFlowCookie)) flows.emplace_back(name.substr(kFlowCookie.size()), value);
  });
  return flows;
}

HttpHeader set_flow_cookie(std::string_view id, std::string_view sealed, Duration life) {
  return cookie_header(std::string(kFlowCookie).append(id), sealed, life);
}

Credentials credentials_of(const HttpRequest& request) {
  const auto authorization = request.header("Authorization");
  Credentials credentials;
  if (!authorization.empty()) {
    const auto scheme = authorization.substr(0, kBearer.size());
    // A header that says something else is not overridden by a cookie. What is no token fails.
    const bool bearer = ascii::equals_ignoring_case(scheme, kBearer);
    credentials.access_token = bearer ? ascii::trim(authorization.substr(kBearer.size())) : "?";
    if (credentials.access_token.empty()) credentials.access_token = "?";
    return credentials;
  }
  credentials.cookie = session_cookie_of(request);
  return credentials;
}

Device device_of(const HttpRequest& request) {
  return {std::string(request.header("User-Agent")), request.client_address};
}

HttpHeader set_session_cookie(const std::string& token, Duration life) {
  return cookie_header(kSessionCookie, token, life);
}

HttpHeader clear_session_cookie() { return cookie_header(kSessionCookie, {}, Duration::zero()); }

HttpResponse see_other(std::string path) {
  return {303, "text/plain; charset=utf-8", {}, {{"Location", std::move(path)}}};
}

}  // namespace postern
