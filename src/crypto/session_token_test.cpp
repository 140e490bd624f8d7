#include "crypto/session_token.hpp"

#include <gtest/gtest.h>

#include <set>

#include "text/base64url.hpp"

namespace postern {
namespace {

constexpr const char* kSession = "019aa0c4-7c1b-7def-8123-456789abcdef";
constexpr const char* kAccount = "019aa0c4-7c1b-7def-8123-0123456789ab";

const SessionTokens& tokens() {
  static const SessionTokens made(Secret(std::string("a secret key that only tests have")));
  return made;
}

std::string make() { return *tokens().make(SessionTokenUse::kRefresh, kSession, kAccount); }

TEST(SessionToken, S1_names_its_session_and_holds_256_random_bits) {
  const std::string token = make();
  const auto read = tokens().read(SessionTokenUse::kRefresh, token);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session_id, kSession);
  EXPECT_EQ(read->account_id, kAccount);
  EXPECT_EQ(read->hash, hash_session_token(token));
  EXPECT_EQ(token.find(read->hash), std::string::npos);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(base64url_decode(make())->substr(32, 32));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(SessionToken, S1_inventions_and_changed_tokens_are_not_read) {
  const std::string token = make();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens().read(SessionTokenUse::kRefresh, changed)) << i;
  }
  EXPECT_FALSE(tokens().read(SessionTokenUse::kRefresh, ""));
  EXPECT_FALSE(tokens().read(SessionTokenUse::kRefresh, token + "A"));
  EXPECT_FALSE(tokens().read(SessionTokenUse::kRefresh, std::string(1'000'000, 'A')));
  const SessionTokens others(Secret(std::string("another secret key of another site")));
  EXPECT_FALSE(others.read(SessionTokenUse::kRefresh, token));
}

TEST(SessionToken, T4_a_cookie_is_no_refresh_token) {
  EXPECT_FALSE(tokens().read(SessionTokenUse::kCookie, make()));
  const auto cookie = *tokens().make(SessionTokenUse::kCookie, kSession, kAccount);
  EXPECT_FALSE(tokens().read(SessionTokenUse::kRefresh, cookie));
}

TEST(SessionToken, S2_a_token_has_one_successor) {
  const std::string token = make();
  const auto next = tokens().successor(SessionTokenUse::kRefresh, token);
  EXPECT_EQ(next, tokens().successor(SessionTokenUse::kRefresh, token));
  EXPECT_NE(next, token);
  EXPECT_NE(next, tokens().successor(SessionTokenUse::kRefresh, make()));
  const auto read = tokens().read(SessionTokenUse::kRefresh, next);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session_id, kSession);
  // Without the key there is no way on from a token.
  const SessionTokens others(Secret(std::string("another secret key of another site")));
  EXPECT_NE(next, others.successor(SessionTokenUse::kRefresh, token));
}

TEST(SessionToken, T12_what_is_no_id_is_an_error_and_no_exception) {
  const std::string inputs[] = {"",
                                "42",
                                "customer-7",
                                std::string(36, '-'),
                                std::string(36, 'a'),
                                "019AA0C4-7C1B-7DEF-8123-0123456789AB",
                                std::string(1000, 'x')};
  for (const auto& id : inputs) {
    for (const auto use : {SessionTokenUse::kRefresh, SessionTokenUse::kCookie}) {
      const auto of_account = tokens().make(use, kSession, id);
      const auto of_session = tokens().make(use, id, kAccount);
      ASSERT_FALSE(of_account) << id;
      ASSERT_FALSE(of_session) << id;
      EXPECT_EQ(of_account.error().code, "internal");
    }
    EXPECT_EQ(tokens().successor(SessionTokenUse::kRefresh, id), "");
  }
}

}  // namespace
}  // namespace postern
