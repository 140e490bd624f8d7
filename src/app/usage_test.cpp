#include "app/usage.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Usage, a_typing_error_finds_the_word_that_was_meant) {
  const std::vector<std::string> words{"accounts", "clients", "check", "mail", "rotate-secret"};
  EXPECT_EQ(closest_word("acounts", words), "accounts");
  EXPECT_EQ(closest_word("cleints", words), "clients");
  EXPECT_EQ(closest_word("mial", words), "mail");
  EXPECT_EQ(closest_word("account", words), "accounts");
  EXPECT_EQ(closest_word("rotate", words), "rotate-secret");
  EXPECT_EQ(closest_word("fly", words), "");
  EXPECT_EQ(closest_word("", words), "");
  EXPECT_EQ(closest_word("users", words), "");
}

}  // namespace
}  // namespace postern
