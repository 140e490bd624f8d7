#include "base/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace postern {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kIdLength = 36;

/// Random bytes for ids, drawn from the kernel in larger portions: one call for 64 ids.
void fill_random(std::uint8_t* out, std::size_t count) {
  thread_local std::array<std::uint8_t, 640> pool;
  thread_local std::size_t used = pool.size();
  if (used + count > pool.size()) {
    std::size_t filled = 0;
    while (filled < pool.size()) {
      const ssize_t got = getrandom(pool.data() + filled, pool.size() - filled, 0);
      if (got < 0) throw std::runtime_error("the kernel gives no random bytes");
      filled += static_cast<std::size_t>(got);
    }
    used = 0;
  }
  std::memcpy(out, pool.data() + used, count);
  used += count;
}

bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

std::string id_bound(TimePoint time) {
  static constexpr std::size_t kTimePart = 13;
  return new_id(time).substr(0, kTimePart);
}

std::string new_id(TimePoint now) {
  std::array<std::uint8_t, kIdBytes> bytes;
  const auto unix_ms = static_cast<std::uint64_t>(to_unix_ms(now));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(unix_ms >> (40 - 8 * i));
  }
  fill_random(bytes.data() + 6, kIdBytes - 6);
  bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));

  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(kIdLength, '-');
  std::size_t position = 0;
  for (const std::uint8_t byte : bytes) {
    if (is_dash_position(position)) ++position;
    text[position++] = kHex[byte >> 4];
    text[position++] = kHex[byte & 0x0F];
  }
  return text;
}

bool is_id(std::string_view text) {
  if (text.size() != kIdLength) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash_position(i) ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace postern
