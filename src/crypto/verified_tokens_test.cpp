#include "crypto/verified_tokens.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(VerifiedTokens, knows_what_was_put) {
  VerifiedTokens tokens(2);
  EXPECT_FALSE(tokens.find("a"));
  tokens.put("a", "payload of a");
  tokens.put("b", "payload of b");
  EXPECT_EQ(tokens.find("a"), "payload of a");
  EXPECT_EQ(tokens.find("b"), "payload of b");
}

TEST(VerifiedTokens, what_is_used_stays_and_the_rest_goes) {
  VerifiedTokens tokens(2);
  tokens.put("used", "1");
  tokens.put("unused", "2");
  for (int i = 0; i < 100; ++i) {
    tokens.put(std::to_string(i), "x");
    EXPECT_EQ(tokens.find("used"), "1") << i;
  }
  EXPECT_FALSE(tokens.find("unused"));
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += tokens.find(std::to_string(i)).has_value();
  EXPECT_LE(kept, 4);
}

}  // namespace
}  // namespace postern
