#include "crypto/verified_tokens.hpp"

#include <gtest/gtest.h>

#include "crypto/access_token.hpp"

namespace postern {
namespace {

VerifiedTokens::Claims claims_of(const std::string& account_id) {
  AccessTokenClaims claims;
  claims.account_id = account_id;
  return std::make_shared<const AccessTokenClaims>(std::move(claims));
}

TEST(VerifiedTokens, knows_what_was_put) {
  VerifiedTokens tokens(2);
  EXPECT_FALSE(tokens.find("a"));
  tokens.put("a", claims_of("anna"));
  tokens.put("b", claims_of("ben"));
  EXPECT_EQ(tokens.find("a")->account_id, "anna");
  EXPECT_EQ(tokens.find("b")->account_id, "ben");
}

TEST(VerifiedTokens, what_is_used_stays_and_the_rest_goes) {
  VerifiedTokens tokens(2);
  tokens.put("used", claims_of("anna"));
  tokens.put("unused", claims_of("ben"));
  for (int i = 0; i < 100; ++i) {
    tokens.put(std::to_string(i), claims_of("carl"));
    const auto used = tokens.find("used");
    ASSERT_TRUE(used) << i;
    EXPECT_EQ(used->account_id, "anna");
  }
  EXPECT_FALSE(tokens.find("unused"));
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += tokens.find(std::to_string(i)) != nullptr;
  EXPECT_LE(kept, 4);
}

}  // namespace
}  // namespace postern
