// UTF-8 (RFC 3629).
//
// Thread contract: pure functions.
// Does not normalise and knows no characters, only their encoding.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// False for overlong forms, surrogates, code points over U+10FFFF and cut-off sequences.
bool is_valid_utf8(std::string_view text);

/// Its code points; nothing when the text is not valid.
std::optional<std::u32string> decode_utf8(std::string_view text);

/// The text of code points, which are those of some text: no surrogates.
std::string encode_utf8(std::u32string_view code_points);

/// At most `max_bytes` from the front, whole code points only. The text is valid.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace postern
