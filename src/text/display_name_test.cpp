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

TEST(DisplayName, has_a_longest) {
  EXPECT_TRUE(is_display_name(std::string(limits::kDisplayNameBytes, 'x')));
  EXPECT_FALSE(is_display_name(std::string(limits::kDisplayNameBytes + 1, 'x')));
}

}  // namespace
}  // namespace postern
