#include "text/display_name.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/limits.hpp"

namespace postern {
namespace {

/// Without a shape of their own, but a part of how others are written: zero-width joiner and
/// non-joiner, variation selectors, the emails of flags.
bool is_joiner(UChar32 c) {
  return c == 0x200C || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F) ||
         (c >= 0xE0020 && c <= 0xE007F) || (c >= 0xE0100 && c <= 0xE01EF);
}

bool is_invisible(UChar32 c) {
  constexpr UChar32 kBrailleBlank = 0x2800;
  return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
         u_charType(c) == U_FORMAT_CHAR || c == kBrailleBlank;
}

bool is_mark(UChar32 c) {
  constexpr auto kKinds = U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  return (U_GET_GC_MASK(c) & kKinds) != 0 || u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL) ||
         (is_invisible(c) && !is_joiner(c));
}

}  // namespace

bool is_display_name(std::string_view text) {
  if (text.size() > limits::kDisplayNameBytes) return false;
  const auto size = static_cast<std::int32_t>(text.size());
  bool blank = size > 0;
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0 || is_mark(c)) return false;
    blank = blank && (u_isUWhiteSpace(c) || is_joiner(c));
  }
  return !blank;
}

}  // namespace postern
