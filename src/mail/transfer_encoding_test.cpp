#include "mail/transfer_encoding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <vector>

namespace postern {
namespace {

std::string quoted_printable(std::string_view text) {
  std::string out;
  append_quoted_printable(out, text);
  return out;
}

std::string base64(std::string_view text) {
  std::string out;
  append_base64_text(out, text);
  return out;
}

std::string encoded_words(std::string_view text, std::size_t column = 0) {
  std::string out;
  append_encoded_words(out, text, column);
  return out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    found.push_back(line);
  }
  return found;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const auto& line : lines(text)) longest = std::max(longest, line.size());
  return longest;
}

TEST(QuotedPrintable, writes_what_the_rfc_says) {
  const struct {
    std::string text;
    std::string encoded;
  } cases[] = {
      {"", ""},
      {"plain text, \"quoted\" <b>", "plain text, \"quoted\" <b>"},
      {"a=b", "a=3Db"},
      {"й", "=D0=B9"},
      {"a\nb", "a\r\nb"},
      {"a\r\nb\n", "a\r\nb\r\n"},
      {"a\rb", "a=0Db"},
      {std::string("a\0b", 3), "a=00b"},
      {"a \nb\t\nc ", "a=20\r\nb=09\r\nc=20"},
      {"\n \n", "\r\n=20\r\n"},
      {".\n..a\na.", "=2E\r\n=2E.a\r\na."},
      {"From me\nFrom\nfrom me\n From me", "=46rom me\r\nFrom\r\nfrom me\r\n From me"},
  };
  for (const auto& test : cases) EXPECT_EQ(quoted_printable(test.text), test.encoded);
}

TEST(QuotedPrintable, soft_line_ends_keep_lines_within_76_bytes) {
  EXPECT_EQ(quoted_printable(std::string(75, 'x')), std::string(75, 'x'));
  EXPECT_EQ(quoted_printable(std::string(75, 'x') + "\ny"), std::string(75, 'x') + "\r\ny");
  EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(75, 'x') + "=\r\nx");
  EXPECT_EQ(quoted_printable(std::string(73, 'x') + "="), std::string(73, 'x') + "=\r\n=3D");
  EXPECT_EQ(quoted_printable(std::string(75, 'x') + ".y"), std::string(75, 'x') + "=\r\n=2Ey");
  for (std::size_t length = 60; length < 90; ++length) {
    for (const char* end : {"", " ", "\t\n", " \n.", "=", "й", "йй\n"}) {
      const std::string encoded = quoted_printable(std::string(length, 'x') + end);
      EXPECT_LE(longest_line(encoded), 76U) << encoded;
    }
  }
}

TEST(QuotedPrintable, encodes_each_byte_alike_wherever_it_stands) {
  for (int code = 0; code < 256; ++code) {
    const auto c = static_cast<char>(code);
    if (c == '\n') continue;
    const bool literal = (c >= ' ' && c <= '~' && c != '=') || c == '\t';
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "=%02X", static_cast<unsigned>(code));
    const std::string expected = literal ? std::string(1, c) : hex.data();
    for (std::size_t before = 1; before < 17; ++before) {
      const std::string head(before, 'x');
      EXPECT_EQ(quoted_printable(head + c + "xxxxxxxxx"), head + expected + "xxxxxxxxx") << code;
    }
  }
}

TEST(QuotedPrintable, the_worst_case_has_room) {
  for (const char* unit : {"=", ".\n", " \n", "\n", "й", "From \n", "\xff"}) {
    std::string text;
    while (text.size() < 5000) text += unit;
    EXPECT_LE(longest_line(quoted_printable(text)), 76U);
  }
}

TEST(Base64, is_broken_into_lines_with_crlf_inside) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("a"), "YQ==\r\n");
  EXPECT_EQ(base64("ab"), "YWI=\r\n");
  EXPECT_EQ(base64("abc"), "YWJj\r\n");
  EXPECT_EQ(base64("a\nb"), "YQ0KYg==\r\n");
  EXPECT_EQ(base64("a\r\nb"), "YQ0KYg==\r\n");
  const auto long_text = base64(std::string(58, 'x'));
  EXPECT_EQ(lines(long_text).size(), 2U);
  EXPECT_EQ(longest_line(long_text), 76U);
}

TEST(Base64, is_preferred_where_it_is_shorter) {
  const std::string russian = "Просто не обращайте внимания на это письмо.\n";
  const std::string mixed =
      "<p style=\"margin:0 0 26px;color:#17202c\">Пароль</p>\n" + std::string(50, 'x');
  EXPECT_TRUE(prefers_base64(russian));
  EXPECT_LT(base64(russian).size(), quoted_printable(russian).size());
  EXPECT_FALSE(prefers_base64(mixed));
  EXPECT_GT(base64(mixed).size(), quoted_printable(mixed).size());
  EXPECT_FALSE(prefers_base64(""));
  EXPECT_FALSE(prefers_base64("Just ignore this email."));
}

TEST(EncodedWords, one_short_word) { EXPECT_EQ(encoded_words("Ёж"), "=?UTF-8?B?0IHQtg==?="); }

TEST(EncodedWords, each_is_of_whole_characters_and_at_most_75_bytes) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += i % 3 == 0 ? "🚪" : i % 3 == 1 ? "й" : "a";
  for (std::size_t column = 0; column < 20; ++column) {
    const auto words = lines(encoded_words(text, column));
    ASSERT_GT(words.size(), 1U);
    EXPECT_LE(words.front().size() + column, 76U);
    for (const auto& word : words) {
      EXPECT_LE(word.size(), 76U);
      EXPECT_TRUE(word.ends_with("?=")) << word;
      EXPECT_TRUE(word.starts_with(&word == &words.front() ? "=?UTF-8?B?" : " =?UTF-8?B?")) << word;
    }
  }
}

}  // namespace
}  // namespace postern
