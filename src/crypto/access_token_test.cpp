#include "crypto/access_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/mail_token.hpp"
#include "crypto/test_tokens.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

class AccessToken : public testing::Test {
 protected:
  AccessToken() : made_(make_signing_key()), ring_(ring_of(made_)) {}

  static AccessKeyRing ring_of(const NewSigningKey& key) {
    std::vector<AccessKeyRing::Key> keys;
    keys.push_back(std::move(*AccessKeyRing::read_key(key.private_pem.view())));
    return AccessKeyRing(std::move(keys), 0, std::string(test::kIssuer));
  }
  static AccessTokenClaims claims() {
    AccessTokenClaims claims;
    claims.account_id = test::kAccountId;
    claims.session_id = "019aa0c4-7c1b-7def-8123-000000000002";
    claims.token_id = "019aa0c4-7c1b-7def-8123-000000000003";
    claims.issued_at = claims.auth_time = test::at(test::kNow_s);
    claims.expires_at = test::at(test::kNow_s + 900);
    claims.methods = "pwd otp";
    return claims;
  }

  NewSigningKey made_;
  AccessKeyRing ring_;
};

TEST_F(AccessToken, what_was_minted_is_verified) {
  const auto token = ring_.mint(claims());
  ASSERT_TRUE(token);
  const auto read = ring_.verify(*token, test::at(test::kNow_s));
  ASSERT_TRUE(read) << read.error().cause;
  EXPECT_EQ(read->account_id, test::kAccountId);
  EXPECT_EQ(read->session_id, claims().session_id);
  const auto payload = token->substr(token->find('.') + 1);
  EXPECT_THAT(*base64url_decode(payload.substr(0, payload.find('.'))),
              HasSubstr(R"("amr":["pwd","otp"])"));
}

TEST_F(AccessToken, T3_only_in_its_time_and_for_its_issuer) {
  const auto token = *ring_.mint(claims());
  EXPECT_TRUE(ring_.verify(token, test::at(test::kNow_s + 899)));
  EXPECT_FALSE(ring_.verify(token, test::at(test::kNow_s + 900)));
  EXPECT_TRUE(ring_.verify(token, test::at(test::kNow_s - 300))) << "T2: clocks differ";
  EXPECT_FALSE(ring_.verify(token, test::at(test::kNow_s - 301)));
  std::vector<AccessKeyRing::Key> keys;
  keys.push_back(std::move(*AccessKeyRing::read_key(made_.private_pem.view())));
  const AccessKeyRing elsewhere(std::move(keys), 0, "https://elsewhere.example");
  EXPECT_FALSE(elsewhere.verify(token, test::at(test::kNow_s)));
  // Of a client's token the audience does not tell.
  auto of_client = claims();
  of_client.client_id = "notes";
  of_client.grant_id = "019aa0c4-7c1b-7def-8123-000000000004";
  of_client.audience = "https://api.notes.example";
  EXPECT_FALSE(elsewhere.verify_of_client(*ring_.mint(of_client), test::at(test::kNow_s)));
}

TEST_F(AccessToken, T1_a_verified_token_vouches_for_no_other) {
  const auto now = test::at(test::kNow_s);
  const auto token = *ring_.mint(claims());
  ASSERT_TRUE(ring_.verify(token, now));
  ASSERT_TRUE(ring_.verify(token, now)) << "what was verified stays so";
  auto other_session = claims();
  other_session.session_id = "019aa0c4-7c1b-7def-8123-000000000009";
  const auto other = *ring_.mint(other_session);
  const auto end = token.rfind('.');
  EXPECT_FALSE(ring_.verify(token.substr(0, end) + other.substr(other.rfind('.')), now));
  EXPECT_FALSE(ring_.verify(other.substr(0, other.rfind('.')) + token.substr(end), now));
  EXPECT_FALSE(ring_.verify(token.substr(0, end + 1), now));
  EXPECT_FALSE(ring_.verify(token + "=", now));
  EXPECT_FALSE(ring_of(make_signing_key()).verify(token, now)) << "a ring of other keys";
}

TEST_F(AccessToken, T4_a_clients_token_is_none_of_the_first_party_api_whatever_its_audience) {
  const auto now = test::at(test::kNow_s);
  auto of_client = claims();
  of_client.client_id = "notes";
  of_client.scope = "openid";
  of_client.grant_id = "019aa0c4-7c1b-7def-8123-000000000004";
  for (const auto& audience :
       {std::string(), std::string(test::kIssuer), std::string("https://api.notes.example")}) {
    of_client.audience = audience;
    const auto token = *ring_.mint(of_client);
    EXPECT_FALSE(ring_.verify(token, now)) << audience;
    EXPECT_TRUE(ring_.verify_of_client(token, now)) << audience;
  }
  auto elsewhere = claims();
  elsewhere.audience = "https://api.notes.example";
  EXPECT_FALSE(ring_.verify(*ring_.mint(elsewhere), now));
  EXPECT_FALSE(ring_.verify_of_client(*ring_.mint(claims()), now));
}

TEST_F(AccessToken, T4_emails_tokens_are_none_and_it_is_none_of_theirs) {
  const auto now = test::at(test::kNow_s);
  for (const auto purpose : {MailTokenPurpose::kSetPassword, MailTokenPurpose::kConfirmEmail}) {
    EXPECT_FALSE(ring_.verify(*test::signer().mint(purpose, test::good_claims()), now));
    EXPECT_FALSE(test::verifier().verify(purpose, *ring_.mint(claims()), now));
    // Not even under the same key: the type differs.
    const auto mail = MailTokenSigner::es256(made_.private_pem.view(), std::string(test::kIssuer));
    ASSERT_TRUE(mail);
    EXPECT_EQ(ring_.verify(*mail->mint(purpose, test::good_claims()), now).error().cause,
              "wrong typ");
  }
}

TEST_F(AccessToken, O2_only_keys_of_the_ring_count) {
  const auto other = make_signing_key();
  const auto token = *ring_of(other).mint(claims());
  EXPECT_FALSE(ring_.verify(token, test::at(test::kNow_s)));
  EXPECT_TRUE(ring_.names_unknown_key(token));
  EXPECT_FALSE(ring_.names_unknown_key(*ring_.mint(claims())));
  EXPECT_FALSE(ring_.names_unknown_key("nonsense"));
  const AccessKeyRing silent({}, std::nullopt, std::string(test::kIssuer));
  EXPECT_EQ(silent.mint(claims()).error().code, "no_signing_key");
  EXPECT_EQ(silent.jwks(), R"({"keys":[]})");
}

TEST_F(AccessToken, T1_the_key_set_shows_public_halves_only) {
  EXPECT_THAT(ring_.jwks(), HasSubstr("\"kid\":\"" + made_.kid + "\""));
  EXPECT_THAT(ring_.jwks(), HasSubstr(R"("crv":"P-256")"));
  EXPECT_THAT(ring_.jwks(), Not(HasSubstr("\"d\"")));
}

}  // namespace
}  // namespace postern
