// URLs of settings and of return_to.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

struct ServerUrl {
  std::string scheme;
  std::string user;
  std::string password;
  std::string host;
  /// 0 when not given.
  int port = 0;
  /// With its leading slash; may be empty.
  std::string path;
};

/// One absolute http(s) URL without user info, query and fragment; a trailing slash is cut off.
/// Error: invalid_url.
Result<std::string> parse_base_url(std::string_view text);

/// Whether `candidate` may be linked to. An allowed entry is an absolute http(s) URL; it matches
/// the same scheme, host and port, and a path that equals it or, when the entry's path ends in '/',
/// lies below it. Anything odd (user info, backslash, controls, "//", dot segments, a custom port,
/// percent-encoded slashes or dots) never matches (REQUIREMENTS H6).
bool is_allowed_return_url(std::string_view candidate, std::span<const std::string> allowed);

}  // namespace postern
