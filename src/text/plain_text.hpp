// Text from outside that is to stay on one line: headers, subjects, and values put into emails.
//
// Thread contract: pure functions.
// Knows nothing of HTML or of header syntax.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

struct CodePoint {
  char32_t value = 0;
  /// Bytes taken; 1 when `valid` is false.
  std::size_t length = 1;
  bool valid = false;
};

/// The code point at the start of `text`, which is not empty. Strict UTF-8 (RFC 3629): no overlong
/// forms, no surrogates.
CodePoint first_code_point(std::string_view text);

/// Whether `text` is UTF-8 without controls (C0, DEL, C1), line or paragraph separators, and
/// overrides of the writing direction.
bool is_one_line(std::string_view text);

/// `text` with everything that is_one_line() forbids replaced by a space.
std::string one_line(std::string_view text);

/// Without white space at both ends: spaces of any width, tabs and the byte order mark. Line ends
/// stay, which no address and no token may have.
std::string_view trim_blanks(std::string_view text);

}  // namespace postern
