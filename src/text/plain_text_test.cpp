#include "text/plain_text.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(PlainText, letters_of_any_script_are_one_line) {
  for (const char* text :
       {"", "Postern", "Ёж — «да»", "日本", "🚪👩‍👩‍👧", "Zażółć"}) {
    EXPECT_TRUE(is_one_line(text)) << text;
    EXPECT_EQ(one_line(text), text);
  }
}

TEST(PlainText, M1_M7_what_could_start_a_line_is_refused_and_replaced) {
  const struct {
    std::string text;
    std::string cleaned;
  } cases[] = {
      {"a\r\nBcc: b", "a  Bcc: b"},
      {"a\nb", "a b"},
      {"a\rb", "a b"},
      {std::string("a\0b", 3), "a b"},
      {"a\tb", "a b"},
      {"a\x1b[0m", "a [0m"},
      {"a\x7f", "a "},
      {"a\u0085b", "a b"},
      {"a\u009bb", "a b"},
      {"a\u2028b", "a b"},
      {"a\u2029b", "a b"},
      {"a\u202eb", "a b"},
      {"a\u2066b", "a b"},
  };
  for (const auto& test : cases) {
    EXPECT_FALSE(is_one_line(test.text)) << test.cleaned;
    EXPECT_EQ(one_line(test.text), test.cleaned);
    EXPECT_TRUE(is_one_line(test.cleaned));
  }
}

TEST(PlainText, M1_bytes_that_are_not_utf8_are_refused_and_replaced) {
  const struct {
    std::string_view text;
    std::string_view cleaned;
  } cases[] = {
      {"\xc3", " "},                 // cut off
      {"\xc0\x8a", "  "},            // overlong LF
      {"\xe0\x80\x8a", "   "},       // overlong LF
      {"\xed\xa0\x80", "   "},       // surrogate
      {"\xf4\x90\x80\x80", "    "},  // over U+10FFFF
      {"\xff", " "},
      {"\x85", " "},
      {"\xd0\xd0\xb9", " й"},
  };
  for (const auto& test : cases) {
    EXPECT_FALSE(is_one_line(test.text));
    EXPECT_EQ(one_line(test.text), test.cleaned);
  }
}

TEST(PlainText, reads_the_first_character) {
  const struct {
    std::string_view text;
    char32_t value;
    std::size_t length;
  } cases[] = {{"ab", U'a', 1}, {"йa", U'й', 2}, {"€", U'€', 3}, {"🚪x", U'🚪', 4}};
  for (const auto& test : cases) {
    const CodePoint point = first_code_point(test.text);
    EXPECT_TRUE(point.valid);
    EXPECT_EQ(point.value, test.value);
    EXPECT_EQ(point.length, test.length);
  }
}

TEST(TrimBlanks, A1_white_space_of_any_width_goes_and_line_ends_stay) {
  EXPECT_EQ(trim_blanks(""), "");
  EXPECT_EQ(trim_blanks(" \t "), "");
  EXPECT_EQ(trim_blanks("a b"), "a b");
  EXPECT_EQ(trim_blanks("  a b\t"), "a b");
  EXPECT_EQ(trim_blanks("\u00A0\u2003a\u3000\uFEFF"), "a");
  EXPECT_EQ(trim_blanks("\u00E9 "), "\u00E9");
  EXPECT_EQ(trim_blanks("a\n"), "a\n");
  EXPECT_EQ(trim_blanks("a\n "), "a\n");
  EXPECT_EQ(trim_blanks("a\xA0"), "a\xA0") << "not UTF-8";
}

}  // namespace
}  // namespace postern
