#include "crypto/utf8.hpp"

#include <unicode/utf8.h>

namespace postern {

namespace {

/// The code point at `offset`, which moves behind it; negative when there is none.
UChar32 next_code_point(std::string_view text, std::size_t& offset) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  UChar32 code_point = 0;
  U8_NEXT(bytes, offset, text.size(), code_point);
  return code_point;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    if (next_code_point(text, offset) < 0) return false;
  }
  return true;
}

std::optional<std::u32string> decode_utf8(std::string_view text) {
  std::u32string code_points;
  code_points.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    const UChar32 code_point = next_code_point(text, offset);
    if (code_point < 0) return std::nullopt;
    code_points.push_back(static_cast<char32_t>(code_point));
  }
  return code_points;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && U8_IS_TRAIL(static_cast<std::uint8_t>(text[end]))) --end;
  return text.substr(0, end);
}

}  // namespace postern
