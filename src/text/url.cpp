// Boost.URL splits by RFC 3986; what passes here is much less than that grammar allows, because a
// browser reads a URL by other rules (WHATWG) and must come to the same host and path as we do.
#include "text/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstddef>
#include <optional>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

namespace urls = boost::urls;

Error refused() { return {.code = "invalid_url", .retry = Retry::kNever}; }

struct WebUrl {
  /// http or https.
  std::string scheme;
  /// In lower case; an IPv6 address in its brackets.
  std::string host;
  /// The scheme's own when not given.
  int port = 0;
  /// As written; may be empty.
  std::string path;
  bool has_query_or_fragment = false;
};

int default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

/// 1 to 65535 without leading zeros; nothing for anything else.
std::optional<int> read_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text[0] == '0') return std::nullopt;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  if (port > 65535) return std::nullopt;
  return port;
}

/// Labels of letters, digits, "-" and "_" (container names have it), or an IPv6 address without the
/// zone that Boost 1.83 knows.
bool is_plain_host(const urls::url_view& url) {
  const std::string_view host = url.encoded_host();
  if (url.host_type() == urls::host_type::ipv6) return host.find('%') == std::string_view::npos;
  bool label_is_empty = true;
  for (const char c : host) {
    if (c == '.') {
      if (label_is_empty) return false;
      label_is_empty = true;
    } else {
      if (!ascii::is_alnum(c) && c != '-' && c != '_') return false;
      label_is_empty = false;
    }
  }
  return !label_is_empty;
}

/// Encoded controls are odd everywhere; no server needs them and one that decodes twice splits
/// headers by them.
bool has_encoded_control(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (text.size() - at < 3) return true;
    const int high = ascii::hex_value(text[at + 1]);
    const int low = ascii::hex_value(text[at + 2]);
    if (high < 2 || (high == 7 && low == 15)) return true;
  }
  return false;
}

/// Boost.URL 1.81 takes "@h" in "http://a@b@h" for a path: what cannot belong to an authority ends
/// it, slash or not.
bool follows_authority(std::string_view path) { return path.empty() || path.front() == '/'; }

/// No empty or dot segment, plain or encoded, and no encoded "%", "/" or "\": all that makes one
/// reader's path another reader's other path.
bool is_plain_path(std::string_view path) {
  if (path.find("//") != std::string_view::npos) return false;
  const std::string lower = ascii::to_lower(path);
  for (const std::string_view odd : {"%2e", "%2f", "%5c", "%25"}) {
    if (lower.find(odd) != std::string::npos) return false;
  }
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

std::optional<WebUrl> parse_web_url(std::string_view text) {
  if (text.size() > limits::kUrlBytes || has_encoded_control(text)) return std::nullopt;
  const auto parsed = urls::parse_uri(text);
  if (!parsed) return std::nullopt;
  const urls::url_view url = *parsed;

  WebUrl result;
  result.scheme = ascii::to_lower(std::string_view(url.scheme()));
  if (result.scheme != "http" && result.scheme != "https") return std::nullopt;
  if (!url.has_authority() || url.has_userinfo() || !is_plain_host(url)) return std::nullopt;
  result.host = ascii::to_lower(std::string_view(url.encoded_host()));

  result.port = default_port(result.scheme);
  if (url.has_port()) {
    const std::optional<int> port = read_port(std::string_view(url.port()));
    if (!port) return std::nullopt;
    result.port = *port;
  }
  result.path = std::string_view(url.encoded_path());
  if (!follows_authority(result.path) || !is_plain_path(result.path)) return std::nullopt;
  result.has_query_or_fragment = url.has_query() || url.has_fragment();
  return result;
}

/// `allowed` may end in "/", then it stands for all that lies below it. An empty path is "/"
/// (RFC 3986, 6.2.3), but as an entry it does not open the whole site.
bool path_matches(std::string_view path, std::string_view allowed) {
  if (path.empty()) path = "/";
  if (allowed.empty()) return path == "/";
  return allowed.back() == '/' ? path.starts_with(allowed) : path == allowed;
}

}  // namespace

Result<std::string> parse_base_url(std::string_view text) {
  const std::optional<WebUrl> url = parse_web_url(text);
  if (!url || url->has_query_or_fragment) return refused();
  std::string base = url->scheme + "://" + url->host;
  if (url->port != default_port(url->scheme)) base += ":" + std::to_string(url->port);
  base += url->path;
  if (base.ends_with('/')) base.pop_back();
  return base;
}

bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view host = text.substr(colon + 3);
  if (scheme == "http" || scheme == "https") {
    const auto url = parse_base_url(text);
    return url && *url == text && host.find('/') == std::string_view::npos;
  }
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto in_scheme = [&](char c) {
    return is_lower(c) || ascii::is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  const auto in_host = [&](char c) {
    return in_scheme(c) || c == '_' || c == ':' || c == '[' || c == ']';
  };
  return is_lower(text.front()) && !host.empty() && std::ranges::all_of(scheme, in_scheme) &&
         std::ranges::all_of(host, in_host);
}

bool is_allowed_return_url(std::string_view candidate, std::span<const std::string> allowed) {
  const std::optional<WebUrl> url = parse_web_url(candidate);
  if (!url) return false;
  return std::ranges::any_of(allowed, [&](const std::string& text) {
    const std::optional<WebUrl> entry = parse_web_url(text);
    return entry && !entry->has_query_or_fragment && url->scheme == entry->scheme &&
           url->host == entry->host && url->port == entry->port &&
           path_matches(url->path, entry->path);
  });
}

}  // namespace postern
