#include "text/ascii.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace postern {
namespace {

// The default on arm64 (docs/decisions/0017).
static_assert(std::is_unsigned_v<char>, "build with -funsigned-char");

TEST(Ascii, no_byte_over_0x7f_is_anything) {
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_FALSE(ascii::is_alnum(c)) << byte;
    EXPECT_FALSE(ascii::is_control(c)) << byte;
    EXPECT_FALSE(ascii::is_token_char(c)) << byte;
    EXPECT_EQ(ascii::hex_value(c), -1) << byte;
    EXPECT_EQ(ascii::to_lower(c), c) << byte;
  }
}

TEST(Ascii, a_byte_over_0x7f_is_found_at_every_place) {
  for (std::size_t size = 0; size < 20; ++size) {
    EXPECT_TRUE(ascii::is_ascii(std::string(size, '\x7f'))) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\x80';
      EXPECT_FALSE(ascii::is_ascii(text)) << size << ' ' << at;
    }
  }
}

TEST(Ascii, controls_are_the_first_32_and_delete) {
  for (int byte = 0; byte < 0x80; ++byte) {
    EXPECT_EQ(ascii::is_control(static_cast<char>(byte)), byte < 0x20 || byte == 0x7F) << byte;
  }
}

}  // namespace
}  // namespace postern
