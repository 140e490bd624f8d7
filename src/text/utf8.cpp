#include "text/utf8.hpp"

#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>

#include "text/ascii.hpp"

namespace postern {
namespace {

/// The bytes that may follow a lead byte: their number, and the range of the first one, in which
/// overlong forms, surrogates and too large code points show (RFC 3629, 4).
struct Sequence {
  std::size_t following = 0;
  std::uint8_t first_min = 0x80;
  std::uint8_t first_max = 0xBF;
};

/// `following` is 0 for a byte that leads nothing.
Sequence sequence_of(std::uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {.following = 1};
  if (lead == 0xE0) return {.following = 2, .first_min = 0xA0};
  if (lead == 0xED) return {.following = 2, .first_max = 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {.following = 2};
  if (lead == 0xF0) return {.following = 3, .first_min = 0x90};
  if (lead >= 0xF1 && lead <= 0xF3) return {.following = 3};
  if (lead == 0xF4) return {.following = 3, .first_max = 0x8F};
  return {};
}

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  // Nearly all of what comes here is ASCII from end to end.
  std::size_t at = ascii::ascii_prefix(text);
  while (at < text.size()) {
    const std::uint8_t lead = byte_at(text, at++);
    if (lead < 0x80) continue;
    const Sequence sequence = sequence_of(lead);
    if (sequence.following == 0 || text.size() - at < sequence.following) return false;
    const std::uint8_t first = byte_at(text, at);
    if (first < sequence.first_min || first > sequence.first_max) return false;
    for (std::size_t i = 1; i < sequence.following; ++i) {
      if ((byte_at(text, at + i) & 0xC0) != 0x80) return false;
    }
    at += sequence.following;
  }
  return true;
}

std::optional<std::u32string> decode_utf8(std::string_view text) {
  if (!is_valid_utf8(text)) return std::nullopt;
  std::u32string code_points;
  code_points.reserve(text.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    UChar32 code_point = 0;
    U8_NEXT_UNSAFE(bytes, at, code_point);
    code_points.push_back(static_cast<char32_t>(code_point));
  }
  return code_points;
}

std::string encode_utf8(std::u32string_view code_points) {
  std::string text;
  text.reserve(code_points.size() * U8_MAX_LENGTH);
  for (const char32_t code_point : code_points) {
    std::uint8_t bytes[U8_MAX_LENGTH];
    std::size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, code_point);
    text.append(reinterpret_cast<const char*>(bytes), size);
  }
  return text;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && U8_IS_TRAIL(byte_at(text, end))) --end;
  return text.substr(0, end);
}

}  // namespace postern
