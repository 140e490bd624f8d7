// Code points of UTF-8 text, over ICU.
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// RFC 3629: no surrogates, no overlong forms, nothing over U+10FFFF.
bool is_utf8(std::string_view text);

/// Nothing when the text is not UTF-8.
std::optional<std::u32string> decode_utf8(std::string_view text);

/// At most `max_bytes` from the front, whole code points only. `text` is UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace postern
