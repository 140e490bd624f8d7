// Reads encoded words (RFC 2047): "=?UTF-8?B?0JDQvdC90LA=?=" is a name in a header's clothes.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// `text` as UTF-8, with each encoded word decoded once; white space between two of them is none of
/// the text. What cannot be decoded stays as it is.
std::string decode_encoded_words(std::string_view text);

}  // namespace postern
