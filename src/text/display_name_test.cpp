#include "text/display_name.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"

namespace postern {
namespace {

TEST(DisplayName, M1_is_one_line_that_stays_in_its_place) {
  for (const std::string good :
       {"", "Ada <b>", "Анна", "דנה", "张伟", "a b", "€ and …", "né", "\xF0\x9F\x91\xA9"}) {
    EXPECT_TRUE(is_display_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7F"), std::string("a\u0085b"),
        std::string("\u009B"), std::string("a\u2028b"), std::string("a\u2029"),
        std::string("a\u202Eb"), std::string("\u200Fa"), std::string("a\u2066b"),
        std::string("a\u061C"), std::string("a\xFF"), std::string("\xC2"), std::string(" "),
        std::string("\u00A0\u3000 ")}) {
    EXPECT_FALSE(is_display_name(bad)) << bad;
  }
}

TEST(DisplayName, an_invisible_character_is_no_name_and_no_part_of_one) {
  for (const std::string& bad :
       {std::string("\u200B"), std::string("\u200D"), std::string("\u200C \u200C"),
        std::string("\uFE0F"), std::string("Anna\u200B"), std::string("An\u00ADna"),
        std::string("\uFEFFAnna"), std::string("Anna\u2060"), std::string("\u3164"),
        std::string("\u115F\u1160"), std::string("\u2800"), std::string("\u180E"),
        std::string("\U000E0001Anna")}) {
    EXPECT_FALSE(is_display_name(bad)) << bad;
  }
  // A family, a rainbow flag, the flag of Scotland, Persian.
  for (const std::string& good :
       {std::string("\U0001F468\u200D\U0001F469\u200D\U0001F467"),
        std::string("\U0001F3F3\uFE0F\u200D\U0001F308"),
        std::string("\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"),
        std::string("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645")}) {
    EXPECT_TRUE(is_display_name(good)) << good;
  }
}

TEST(DisplayName, has_a_longest) {
  EXPECT_TRUE(is_display_name(std::string(limits::kDisplayNameBytes, 'x')));
  EXPECT_FALSE(is_display_name(std::string(limits::kDisplayNameBytes + 1, 'x')));
}

}  // namespace
}  // namespace postern
