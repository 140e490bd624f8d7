// UTF-8 (RFC 3629).
//
// Thread contract: pure functions.
// Does not normalise and knows no characters, only their encoding.
#pragma once

#include <string_view>

namespace postern {

/// False for overlong forms, surrogates, code points over U+10FFFF and cut-off sequences.
bool is_valid_utf8(std::string_view text);

}  // namespace postern
