// Reading the fields of an encoded password hash.
//
// Thread contract: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// Cuts `literal` off the front.
bool skip_literal(std::string_view& text, std::string_view literal);

/// Cuts a decimal number without sign and leading zero off the front; nothing when there is none
/// or it does not fit into 32 bits.
std::optional<std::uint64_t> skip_decimal(std::string_view& text);

/// The whole text as such a number.
std::optional<std::uint64_t> decimal(std::string_view text);

/// The parts between the separators, empty ones included.
std::vector<std::string_view> split_fields(std::string_view text, char separator);

/// Standard alphabet (RFC 4648, section 4), padded or not; `+` may be written as `.` (passlib).
/// Nothing for anything else, and for an empty text.
std::optional<std::string> decode_base64(std::string_view text);

/// Nothing unless it is an even number of hexadecimal digits, at least two.
std::optional<std::string> decode_hex(std::string_view text);

}  // namespace postern
