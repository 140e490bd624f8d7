#include "text/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

/// RFC 3629, 3, without its exceptions.
std::string encode(unsigned code, int size) {
  if (size == 1) return {static_cast<char>(code)};
  std::string bytes(size, '\0');
  for (int i = size - 1; i > 0; --i, code >>= 6) bytes[i] = static_cast<char>(0x80 | (code & 0x3F));
  bytes[0] = static_cast<char>((0xFF00 >> size & 0xFF) | code);
  return bytes;
}

int shortest(unsigned code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

TEST(Utf8, W6_every_scalar_value_is_valid_and_every_surrogate_is_not) {
  for (unsigned code = 0; code < 0x120000; ++code) {
    const bool is_scalar = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(is_valid_utf8(encode(code, shortest(code))), is_scalar) << std::hex << code;
  }
}

TEST(Utf8, W6_overlong_forms_are_refused) {
  for (unsigned code = 0; code < 0x10000; ++code) {
    for (int size = shortest(code) + 1; size <= 4; ++size) {
      ASSERT_FALSE(is_valid_utf8(encode(code, size))) << std::hex << code << " in " << size;
    }
  }
}

TEST(Utf8, W6_cut_off_and_stray_bytes_are_refused) {
  const std::string text = "a\u00E9\u20AC\U0001F600";
  ASSERT_TRUE(is_valid_utf8(text));
  ASSERT_TRUE(is_valid_utf8(""));
  for (const std::size_t size : {2, 4, 5, 7, 8, 9}) {
    EXPECT_FALSE(is_valid_utf8(text.substr(0, size))) << size;
    EXPECT_FALSE(is_valid_utf8(text.substr(0, size) + "abc")) << size;
  }
  for (const char* bytes :
       {"\x80", "\xBF", "a\x80", "\xC3\xA9\xA9", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bytes));
  }
}

TEST(Utf8, encoding_undoes_decoding) {
  for (const char* text : {"", "a", "a\u00E9\u20AC\U0001F600", "\U0010FFFF\uFFFD\u0800\u0080"}) {
    EXPECT_EQ(encode_utf8(*decode_utf8(text)), text);
  }
}

}  // namespace
}  // namespace postern
