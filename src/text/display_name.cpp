#include "text/display_name.hpp"

#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

/// Those of C1, of U+200E, U+200F and U+2028 to U+202E, of U+2066 to U+2069, and U+061C, in UTF-8.
bool begins_with_mark(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (at(0) == 0xC2) return at(1) < 0xA0;
  if (at(0) == 0xD8) return at(1) == 0x9C;
  if (at(0) != 0xE2) return false;
  if (at(1) == 0x81) return at(2) >= 0xA6 && at(2) <= 0xA9;
  return at(1) == 0x80 && (at(2) == 0x8E || at(2) == 0x8F || (at(2) >= 0xA8 && at(2) <= 0xAE));
}

}  // namespace

bool is_display_name(std::string_view text) {
  if (text.size() > limits::kDisplayNameBytes || !is_valid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ascii::is_control(text[i]) || begins_with_mark(text.substr(i))) return false;
  }
  return true;
}

}  // namespace postern
