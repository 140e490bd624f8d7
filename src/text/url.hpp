// URLs of settings and of return_to.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// One absolute http(s) URL without user info, query and fragment; a trailing slash is cut off,
/// scheme and host come in lower case, and the scheme's own port is left out, as in a browser's
/// Origin. Error: invalid_url.
Result<std::string> parse_base_url(std::string_view text);

/// Whether a browser may send `text` as an Origin (RFC 6454, section 6.2): scheme, host and port of
/// http(s) as parse_base_url() writes them, or any other scheme with its host
/// (capacitor://localhost, app://.), in lower case. `null` and `*` are no origins.
bool is_origin(std::string_view text);

/// Whether `candidate` may be linked to. An allowed entry is an absolute http(s) URL; it matches
/// the same scheme, host and port, and a path that equals it or, when the entry's path ends in '/',
/// lies below it; query and fragment are free. Anything odd (user info, backslash, controls, "//",
/// dot segments, another port, percent-encoded slashes or dots) never matches (REQUIREMENTS H6).
bool is_allowed_return_url(std::string_view candidate, std::span<const std::string> allowed);

}  // namespace postern
