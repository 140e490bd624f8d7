#include "text/base64url.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

// RFC 4648, section 10, without the padding.
TEST(Base64url, encodes_and_decodes_the_vectors_of_the_rfc) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
}

TEST(Base64url, brings_every_byte_back_at_every_position) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t length = 1; length <= 5; ++length) {
      const std::string bytes(length, static_cast<char>(value));
      EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    }
  }
}

TEST(Base64url, append_keeps_what_is_there) {
  std::string text = "head.";
  base64url_append(text, "foob");
  EXPECT_EQ(text, "head.Zm9vYg");
}

TEST(Base64url, T11_only_the_one_strict_form_is_decoded) {
  const std::string refused[] = {"Zg==",
                                 "Zg=",
                                 "Zm8=",
                                 "Z",
                                 "Zm9vY",
                                 "Zh",
                                 "Zm9",
                                 "Zm9v\n",
                                 " Zm9v",
                                 "Zm 9v",
                                 "Zm9v ",
                                 "-/-_",
                                 "-_+_",
                                 "Zm9v.",
                                 "Zm9\xc3\xa9",
                                 "Zm9v\r\n",
                                 std::string("Zm\0v", 4),
                                 "Zm%39"};
  for (const std::string& text : refused) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Base64url, T11_no_byte_outside_the_alphabet_stands_for_another) {
  for (const std::size_t place : {0, 1, 2, 3}) {
    int accepted = 0;
    for (int c = 0; c < 256; ++c) {
      std::string text = "AAAA";
      text[place] = static_cast<char>(c);
      accepted += base64url_decode(text).has_value() ? 1 : 0;
    }
    EXPECT_EQ(accepted, 64) << "at " << place;
  }
}

// Of the 64 last characters exactly those are accepted that leave no bits over.
TEST(Base64url, T11_bits_left_over_are_zero) {
  int with_one_byte = 0, with_two_bytes = 0;
  for (int c = 0; c < 256; ++c) {
    with_one_byte += base64url_decode("A" + std::string(1, static_cast<char>(c))).has_value();
    with_two_bytes += base64url_decode("AA" + std::string(1, static_cast<char>(c))).has_value();
  }
  EXPECT_EQ(with_one_byte, 4);
  EXPECT_EQ(with_two_bytes, 16);
}

}  // namespace
}  // namespace postern
