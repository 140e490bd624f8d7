#include "text/plain_text.hpp"

#include <algorithm>

namespace postern {
namespace {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_harmless(char32_t value) {
  if (value < 0x20) return false;
  if (value >= 0x7f && value < 0xa0) return false;
  if (value == 0x2028 || value == 0x2029) return false;
  if (value >= 0x202a && value <= 0x202e) return false;
  return value < 0x2066 || value > 0x2069;
}

bool is_blank(char32_t value) {
  return value == ' ' || value == '\t' || value == 0xa0 || value == 0x1680 ||
         (value >= 0x2000 && value <= 0x200b) || value == 0x202f || value == 0x205f ||
         value == 0x3000 || value == 0xfeff;
}

/// The one code point at the end of `text`, which is not empty; invalid UTF-8 is no blank.
std::size_t blank_at_end(std::string_view text) {
  std::size_t length = 1;
  while (length < std::min<std::size_t>(text.size(), 4) &&
         (static_cast<unsigned char>(text[text.size() - length]) & 0xc0U) == 0x80) {
    ++length;
  }
  const CodePoint point = first_code_point(text.substr(text.size() - length));
  return point.valid && point.length == length && is_blank(point.value) ? length : 0;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t i) -> char32_t {
    return static_cast<unsigned char>(text[i]);
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};

  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    value = value << 6U | (byte(i) & 0x3fU);
  }

  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kSmallest[length] || value > 0x10ffff || surrogate) return {};
  return {value, length, true};
}

bool is_one_line(std::string_view text) {
  if (is_printable_ascii(text)) return true;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid || !is_harmless(point.value)) return false;
    text.remove_prefix(point.length);
  }
  return true;
}

std::string one_line(std::string_view text) {
  if (is_printable_ascii(text)) return std::string(text);
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.valid && is_harmless(point.value)) {
      line.append(text.substr(0, point.length));
    } else {
      line.push_back(' ');
    }
    text.remove_prefix(point.length);
  }
  return line;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (!point.valid || !is_blank(point.value)) break;
    text.remove_prefix(point.length);
  }
  while (!text.empty()) {
    const std::size_t blank = blank_at_end(text);
    if (blank == 0) break;
    text.remove_suffix(blank);
  }
  return text;
}

}  // namespace postern
