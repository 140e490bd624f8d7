#include "text/display_name.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/limits.hpp"

namespace postern {
namespace {

bool is_mark(UChar32 c) {
  constexpr auto kKinds = U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  return (U_GET_GC_MASK(c) & kKinds) != 0 || u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL);
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
    blank = blank && u_isUWhiteSpace(c);
  }
  return !blank;
}

}  // namespace postern
