// Form bodies: application/x-www-form-urlencoded and multipart/form-data.
//
// Thread contract: pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Field name to value. Files are refused; a repeated name is an error.
using FormFields = std::map<std::string, std::string, std::less<>>;

/// Also reads a URL's query. Error: invalid_form (bad percent-encoding, invalid UTF-8, NUL,
/// repeated names, over limits::kFormFields or kFormFieldNameBytes).
Result<FormFields> parse_urlencoded(std::string_view body);

/// `content_type` is the whole header value with its boundary (RFC 7578, RFC 2046 5.1.1). Stricter
/// than those: CRLF only, also in values; text only; nothing before the first boundary and nothing
/// after the last one.
/// Error: invalid_form.
Result<FormFields> parse_multipart(std::string_view content_type, std::string_view body);

/// Percent-encodes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace postern
