#include "crypto/base64url.hpp"

#include <array>
#include <cstdint>

namespace postern {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kDigitValues = make_digit_values();

char digit(std::uint32_t bits) { return kAlphabet[bits & 63]; }

}  // namespace

void base64url_append(std::string& text, std::string_view bytes) {
  const std::size_t start = text.size();
  text.resize(start + (bytes.size() * 4 + 2) / 3);
  char* out = text.data() + start;
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[i]);
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *out++ = digit(group >> 18);
    *out++ = digit(group >> 12);
    *out++ = digit(group >> 6);
    *out++ = digit(group);
  }
  if (bytes.size() - i == 1) {
    *out++ = digit(byte(i) >> 2);
    *out++ = digit(byte(i) << 4);
  } else if (bytes.size() - i == 2) {
    const std::uint32_t group = byte(i) << 8 | byte(i + 1);
    *out++ = digit(group >> 10);
    *out++ = digit(group >> 4);
    *out++ = digit(group << 2);
  }
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  base64url_append(text, bytes);
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const std::uint8_t value = kDigitValues[static_cast<unsigned char>(c)];
    if (value == kNoDigit) return std::nullopt;
    bits = (bits << 6 | value) & 0xffff;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<char>(bits >> bit_count & 0xff));
    }
  }
  const std::uint32_t trailing = bits & ((1U << bit_count) - 1);
  if (trailing != 0) return std::nullopt;
  return bytes;
}

}  // namespace postern
