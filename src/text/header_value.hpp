// Header values of the form `value; name=value; name="value"`: Content-Type, Content-Disposition.
//
// Thread contract: pure functions.
// Knows neither comments, folded lines nor the name*=charset'' form of RFC 8187.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Names in lower case; values without their quotes and escapes.
using HeaderParameters = std::map<std::string, std::string, std::less<>>;

struct HeaderValue {
  /// Before the first semicolon, in lower case: "multipart/form-data".
  std::string value;
  HeaderParameters parameters;
};

/// RFC 9110, 5.6.6. Error: invalid_header (no token before the first semicolon, white space around
/// "=", controls, a repeated parameter, over limits::kHeaderParameters).
Result<HeaderValue> parse_header_value(std::string_view text);

/// Parameters alone, as in one element of Forwarded (RFC 7239, section 4): `for=192.0.2.1;proto=…`.
/// Brackets and colons are read without quotes too, as some proxies write addresses. Error:
/// invalid_header.
Result<HeaderParameters> parse_parameters(std::string_view text);

}  // namespace postern
