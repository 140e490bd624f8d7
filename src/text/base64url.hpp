// base64url without padding (RFC 4648, section 5; RFC 7515, appendix C).
//
// Thread contract: pure functions.
// Strict: of all texts that could stand for the same bytes exactly one is decoded. Padding, white
// space, the "+/" alphabet and non-zero trailing bits are refused, so that a token has one form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

std::string base64url_encode(std::string_view bytes);

/// Adds the encoded bytes at the end of `text`.
void base64url_append(std::string& text, std::string_view bytes);

/// Nothing when the text is not the one encoding of some bytes.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace postern
