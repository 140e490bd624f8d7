#include "oidc/redirect_uri.hpp"

#include <algorithm>
#include <array>

#include "base/oidc_limits.hpp"
#include "oidc/oidc_services.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

/// Their ports are free.
constexpr std::array<std::string_view, 2> kLoopback{"http://127.0.0.1", "http://[::1]"};

Error invalid(std::string text) { return oidc_error("invalid_redirect_uri", std::move(text)); }

bool is_uri_character(char c) {
  constexpr std::string_view kOthers = "-._~:/?[]@!$&'()+,;=%";
  return ascii::is_alnum(c) || kOthers.find(c) != std::string_view::npos;
}

/// RFC 3986, 3.1, with a dot (RFC 8252, 7.1). Anything else would be a path on this server.
bool is_private_use_scheme(std::string_view scheme) {
  return !scheme.empty() && ascii::is_alpha(scheme.front()) && scheme.find('.') != scheme.npos &&
         std::ranges::all_of(
             scheme, [](char c) { return ascii::is_alnum(c) || c == '+' || c == '-' || c == '.'; });
}

/// The part between the scheme's "://" and the path.
std::string_view authority_of(std::string_view uri) {
  const auto start = uri.find(':');
  if (start == std::string_view::npos || !uri.substr(start).starts_with("://")) return {};
  const auto rest = uri.substr(start + 3);
  return rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

/// Nothing but a name or an address and a port: the authority also stands in a page's policy (CSP).
bool is_plain_authority(std::string_view authority, std::string_view host) {
  const bool is_address = host.starts_with('[') && host.ends_with(']');
  const auto port = authority.substr(host.size());
  return std::ranges::all_of(host,
                             [&](char c) {
                               constexpr std::string_view kOthers = "-._";
                               return ascii::is_alnum(c) || kOthers.find(c) != kOthers.npos ||
                                      (is_address && (c == ':' || c == '[' || c == ']'));
                             }) &&
         (port.empty() ||
          (port.front() == ':' && port.find_first_not_of("0123456789", 1) == port.npos));
}

bool is_own_machine(std::string_view host) {
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

/// What follows a loopback address and its port; nothing for another URI.
std::string_view behind_loopback_port(std::string_view uri, std::string_view address) {
  if (!uri.starts_with(address)) return {};
  auto rest = uri.substr(address.size());
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0 || digits > 5) return {};
    rest.remove_prefix(digits);
  }
  return rest.empty() || rest.front() == '/' ? rest : std::string_view();
}

bool matches_loopback(std::string_view uri, std::string_view registered) {
  return std::ranges::any_of(kLoopback, [&](std::string_view address) {
    const auto wanted = behind_loopback_port(registered, address);
    return !wanted.empty() && wanted == behind_loopback_port(uri, address);
  });
}

}  // namespace

Status check_redirect_uri(std::string_view uri) {
  if (uri.empty() || uri.size() > limits::kRedirectUriBytes) {
    return invalid("A redirect URI has 1 to 512 characters.");
  }
  if (!std::ranges::all_of(uri, is_uri_character)) {
    return invalid("A redirect URI is printable ASCII without a fragment, '*' and '\\'.");
  }
  const auto scheme = uri.substr(0, uri.find(':'));
  if (scheme.size() == uri.size()) return invalid("A redirect URI is absolute.");
  const bool is_web = scheme == "https" || scheme == "http";
  if (!is_web && !is_private_use_scheme(scheme)) {
    return invalid("A private-use scheme has a dot in its name, as in com.example.app:/callback.");
  }
  const auto authority = authority_of(uri);
  const auto host = host_of(authority);
  if ((is_web && host.empty()) || authority.find('@') != std::string_view::npos) {
    return invalid("A redirect URI has a host and no user info.");
  }
  if (!is_plain_authority(authority, host)) {
    return invalid("The host of a redirect URI is a name or an address, and its port a number.");
  }
  if (scheme == "http" && !is_own_machine(host)) {
    return invalid("A redirect URI with http leads to 127.0.0.1, [::1] or localhost.");
  }
  return {};
}

bool matches_redirect_uri(std::string_view uri, std::span<const std::string> registered) {
  if (!check_redirect_uri(uri)) return false;
  return std::ranges::any_of(registered, [&](const std::string& entry) {
    return uri == entry || matches_loopback(uri, entry);
  });
}

std::string_view origin_of(std::string_view uri) {
  const auto authority = authority_of(uri);
  if (authority.empty()) return {};
  return uri.substr(0, uri.find("://") + 3 + authority.size());
}

std::string form_source(std::string_view uri) {
  const auto origin = origin_of(uri);
  return std::string(origin.empty() ? uri.substr(0, uri.find(':') + 1) : origin);
}

std::string with_query(std::string_view uri, std::string_view parameters) {
  const bool has_query = uri.find('?') != std::string_view::npos;
  return std::string(uri).append(has_query ? "&" : "?").append(parameters);
}

}  // namespace postern
