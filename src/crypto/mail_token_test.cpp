#include "crypto/mail_token.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "base/limits.hpp"
#include "crypto/test_keys.hpp"
#include "crypto/test_tokens.hpp"

namespace postern {
namespace {

using test::at, test::good_claims, test::kNow_s;

constexpr MailTokenPurpose kPurposes[] = {MailTokenPurpose::kSetPassword,
                                          MailTokenPurpose::kConfirmEmail};

/// Signed as it should be, so that nothing but the claims can be at fault.
Result<MailTokenClaims> verify_signed(std::string_view claims, std::int64_t now_s = kNow_s) {
  const JwsKey key = test::hs256_key();
  return test::verifier().verify(MailTokenPurpose::kSetPassword,
                                 test::forge(key, test::header_json("HS256", key.kid()), claims),
                                 at(now_s));
}

TEST(MailToken, brings_back_what_was_minted) {
  MailTokenClaims claims = good_claims();
  claims.locale = "ru";
  claims.return_to = "https://shop.example.com/\"a\\b?x=\xd0\xb9#y";
  for (const MailTokenPurpose purpose : kPurposes) {
    const auto read =
        test::verifier().verify(purpose, *test::signer().mint(purpose, claims), at(kNow_s));
    ASSERT_TRUE(read) << read.error().cause;
    EXPECT_EQ(read->account_id, claims.account_id);
    EXPECT_EQ(read->credential_version, 3);
    EXPECT_EQ(read->token_id, claims.token_id);
    EXPECT_EQ(read->issued_at, claims.issued_at);
    EXPECT_EQ(read->expires_at, claims.expires_at);
    EXPECT_EQ(read->locale, "ru");
    EXPECT_EQ(read->return_to, claims.return_to);
  }
}

TEST(MailToken, is_minted_by_the_holder_of_the_private_half_only) {
  const test::PemPair pems = test::to_pems(test::make_ec_key("prime256v1"));
  const std::string issuer(test::kIssuer);
  EXPECT_FALSE(MailTokenSigner::es256(pems.public_pem, issuer));
  const auto signer = MailTokenSigner::es256(pems.private_pem, issuer);
  const auto verifier = MailTokenVerifier::es256(pems.public_pem, issuer);
  ASSERT_TRUE(signer && verifier);
  const std::string token = *signer->mint(MailTokenPurpose::kSetPassword, good_claims());
  EXPECT_TRUE(verifier->verify(MailTokenPurpose::kSetPassword, token, at(kNow_s)));
  EXPECT_FALSE(verifier->verify(MailTokenPurpose::kConfirmEmail, token, at(kNow_s)));
}

TEST(MailToken, leaves_out_a_return_to_that_would_make_it_too_long) {
  MailTokenClaims claims = good_claims();
  claims.return_to = "https://shop.example.com/" + std::string(2000, 'a');
  const std::string token = *test::signer().mint(MailTokenPurpose::kSetPassword, claims);
  EXPECT_LE(token.size(), limits::kTokenBytes);
  const auto read = test::verifier().verify(MailTokenPurpose::kSetPassword, token, at(kNow_s));
  ASSERT_TRUE(read) << read.error().cause;
  EXPECT_EQ(read->return_to, "");
  EXPECT_EQ(read->account_id, claims.account_id);
}

TEST(MailToken, is_minted_and_read_on_many_threads) {
  const MailTokenSigner signer = test::signer();
  const MailTokenVerifier verifier = test::verifier();
  std::atomic<int> read = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) {
          const std::string token = *signer.mint(MailTokenPurpose::kSetPassword, good_claims());
          read += bool(verifier.verify(MailTokenPurpose::kSetPassword, token, at(kNow_s)));
        }
      });
    }
  }
  EXPECT_EQ(read, 400);
}

TEST(MailToken, T1_needs_a_secret_key) {
  EXPECT_THROW((void)MailTokenSigner::hs256(Secret(), "i"), std::invalid_argument);
  EXPECT_THROW((void)MailTokenVerifier::hs256(Secret(), "i"), std::invalid_argument);
}

TEST(MailToken, T3_every_claim_is_required) {
  ASSERT_TRUE(verify_signed(test::claims_json()));
  const std::string issuer(test::kIssuer);
  const std::string claims[] = {R"("iss":")" + issuer + R"(",)",
                                R"("aud":")" + issuer + R"(",)",
                                R"("sub":"019aa0c4-7c1b-7def-8123-456789abcdef",)",
                                R"("jti":"j1",)",
                                R"("iat":1800000000,)",
                                R"("nbf":1800000000,)",
                                R"("exp":1800003600,)",
                                R"(,"ver":3)"};
  for (const std::string& claim : claims) {
    const std::string json = test::claims_json(claim, "");
    ASSERT_NE(json, test::claims_json()) << claim;
    const auto read = verify_signed(json);
    ASSERT_FALSE(read) << claim;
    EXPECT_EQ(read.error().code, "invalid_token");
    EXPECT_EQ(read.error().retry, Retry::kNever);
  }
}

TEST(MailToken, T3_every_claim_is_of_its_type_and_range) {
  const std::pair<std::string, std::string> changes[] = {
      {R"("exp":1800003600)", R"("exp":"1800003600")"},
      {R"("exp":1800003600)", R"("exp":1800003600.0)"},
      {R"("exp":1800003600)", R"("exp":1.8000036e9)"},
      {R"("exp":1800003600)", R"("exp":1e400)"},
      {R"("exp":1800003600)", R"("exp":-1)"},
      {R"("exp":1800003600)", R"("exp":-9223372036854775808)"},
      {R"("exp":1800003600)", R"("exp":9223372036854775807)"},
      {R"("exp":1800003600)", R"("exp":18446744073709551615)"},
      {R"("exp":1800003600)", R"("exp":99999999999999999999)"},
      {R"("exp":1800003600)", R"("exp":null)"},
      {R"("exp":1800003600)", R"("exp":true)"},
      {R"("exp":1800003600)", R"("exp":[1800003600])"},
      {R"("exp":1800003600)", R"("exp":{})"},
      {R"("exp":1800003600)", R"("exp":Infinity)"},
      {R"("exp":1800003600)", R"("exp":1800003600000)"},
      {R"("iat":1800000000)", R"("iat":"1800000000")"},
      {R"("iat":1800000000)", R"("iat":-1)"},
      {R"("iat":1800000000)", R"("iat":-9223372036854775808)"},
      {R"("iat":1800000000)", R"("iat":1800000000.5)"},
      {R"("nbf":1800000000)", R"("nbf":"1800000000")"},
      {R"("nbf":1800000000)", R"("nbf":-1)"},
      {R"("nbf":1800000000)", R"("nbf":9223372036854775807)"},
      {R"("ver":3)", R"("ver":0)"},
      {R"("ver":3)", R"("ver":-3)"},
      {R"("ver":3)", R"("ver":"3")"},
      {R"("ver":3)", R"("ver":3.0)"},
      {R"("ver":3)", R"("ver":18446744073709551615)"},
      {R"("iss":"https)", R"("iss":"http)"},
      {R"(example.com","aud)", R"(example.com/","aud)"},
      {R"("aud":"https://accounts)", R"("aud":"https://other)"},
      {R"("aud":"https://accounts.example.com")", R"("aud":["https://accounts.example.com"])"},
      {R"("iss":"https://accounts.example.com")", R"("iss":1)"},
      {R"("sub":"019aa0c4-)", R"("sub":"019AA0C4-)"},
      {R"("sub":"019aa0c4-)", R"("sub":"' or 1=1)"},
      {R"("sub":"019aa0c4-7c1b-7def-8123-456789abcdef")", R"("sub":"")"},
      {R"("sub":"019aa0c4-7c1b-7def-8123-456789abcdef")", R"("sub":1)"},
      {R"("jti":"j1")", R"("jti":"")"},
      {R"("jti":"j1")", R"("jti":1)"},
      {R"("jti":"j1")", R"("jti":"a\u0000b")"},
      {R"("ver":3)", R"("ver":3,"locale":1)"},
      {R"("ver":3)", R"("ver":3,"locale":null)"},
      {R"("ver":3)", R"("ver":3,"return_to":["https://evil.example"])"},
      {R"("ver":3)", R"("ver":3,"return_to":"https://a\r\nb")"}};
  for (const auto& [from, to] : changes) {
    const std::string json = test::claims_json(from, to);
    ASSERT_NE(json, test::claims_json()) << from;
    EXPECT_FALSE(verify_signed(json)) << to;
  }
}

TEST(MailToken, T3_a_claim_that_a_later_version_adds_does_no_harm) {
  EXPECT_TRUE(verify_signed(test::claims_json(R"("ver":3)", R"("ver":3,"later":"x")")));
}

TEST(MailToken, T4_a_token_serves_its_own_purpose_only) {
  for (const MailTokenPurpose minted : kPurposes) {
    const std::string token = *test::signer().mint(minted, good_claims());
    for (const MailTokenPurpose used : kPurposes) {
      EXPECT_EQ(bool(test::verifier().verify(used, token, at(kNow_s))), minted == used);
    }
  }
}

TEST(MailToken, T4_the_type_is_compared_exactly) {
  const JwsKey key = test::hs256_key();
  const auto accepts = [&](std::string_view typ) {
    const std::string header = test::header_json("HS256", key.kid(), typ);
    return bool(test::verifier().verify(MailTokenPurpose::kSetPassword,
                                        test::forge(key, header, test::claims_json()), at(kNow_s)));
  };
  EXPECT_TRUE(accepts("set-password+jwt"));
  for (const char* typ :
       {"", "JWT", "jwt", "at+jwt", "confirm-email+jwt", "SET-PASSWORD+JWT", "Set-Password+jwt",
        "set-password", "application/set-password+jwt", "set-password+jwt ", " set-password+jwt",
        "set-password+jwt\\u0000", "set-password+jwtx", "session+jwt"}) {
    EXPECT_FALSE(accepts(typ)) << typ;
  }
}

TEST(MailToken, T4_a_key_of_another_house_or_purpose_is_no_key) {
  const std::string token = *test::signer().mint(MailTokenPurpose::kSetPassword, good_claims());
  const auto refuses = [&](const MailTokenVerifier& verifier) {
    return !verifier.verify(MailTokenPurpose::kSetPassword, token, at(kNow_s));
  };
  EXPECT_TRUE(refuses(MailTokenVerifier::hs256(test::secret_key(), "https://other.example.com")));
  EXPECT_TRUE(refuses(
      MailTokenVerifier::hs256(Secret(std::string("another key")), std::string(test::kIssuer))));
  const auto other =
      JwsKey::hs256(derive_key(test::secret_key(), "session"), test::hs256_key().kid());
  ASSERT_TRUE(other);
  EXPECT_FALSE(test::verifier().verify(
      MailTokenPurpose::kSetPassword,
      test::forge(*other, test::header_json("HS256", other->kid()), test::claims_json()),
      at(kNow_s)));
}

TEST(MailToken, T3_a_token_is_as_short_as_its_claims_allow) {
  MailTokenClaims claims = good_claims();
  claims.token_id = new_token_id();
  EXPECT_EQ(claims.token_id.size(), 12U);
  EXPECT_NE(claims.token_id, new_token_id());
  claims.locale = "en";
  const std::string token = *test::signer().mint(MailTokenPurpose::kSetPassword, claims);
  // header.payload.signature; the payload holds the issuer twice, since iss and aud are required.
  EXPECT_LE(token.size(), 407U) << token;
  EXPECT_EQ(email_mark("anna@example.com").size(), 22U);
}

TEST(MailToken, T10_lives_from_nbf_to_exp_give_or_take_the_skew) {
  const std::int64_t skew = std::chrono::seconds(limits::kClockSkew).count();
  EXPECT_LE(skew, 60);
  const std::string json = test::claims_json();
  const std::int64_t exp = kNow_s + 3600;
  EXPECT_FALSE(verify_signed(json, kNow_s - 301)) << "T2: clocks differ by up to 5 minutes";
  EXPECT_TRUE(verify_signed(json, kNow_s - 300));
  EXPECT_TRUE(verify_signed(json, exp));
  EXPECT_TRUE(verify_signed(json, exp + skew - 1));
  EXPECT_FALSE(verify_signed(json, exp + skew));
  EXPECT_FALSE(verify_signed(json, exp + 1'000'000));
  EXPECT_FALSE(verify_signed(json, 0));
  EXPECT_FALSE(verify_signed(json, -kNow_s));
}

TEST(MailToken, T10_times_are_checked_one_by_one) {
  const std::string iat = R"("iat":1800000000)", nbf = R"("nbf":1800000000)",
                    exp = R"("exp":1800003600)";
  EXPECT_FALSE(verify_signed(test::claims_json(iat, R"("iat":1800000301)")));
  EXPECT_TRUE(verify_signed(test::claims_json(iat, R"("iat":1800000300)")));
  EXPECT_FALSE(verify_signed(test::claims_json(nbf, R"("nbf":1800000301)")));
  EXPECT_TRUE(verify_signed(test::claims_json(nbf, R"("nbf":1800000300)")));
  EXPECT_FALSE(verify_signed(test::claims_json(exp, R"("exp":1800000000)")));
  EXPECT_FALSE(verify_signed(test::claims_json(exp, R"("exp":1799999999)")));
}

TEST(MailToken, T10_nothing_lives_longer_than_a_day) {
  const std::string exp = R"("exp":1800003600)";
  EXPECT_TRUE(verify_signed(test::claims_json(exp, R"("exp":1800086400)")));
  EXPECT_FALSE(verify_signed(test::claims_json(exp, R"("exp":1800086401)")));
  EXPECT_FALSE(verify_signed(test::claims_json(exp, R"("exp":253402300799)")));
}

}  // namespace
}  // namespace postern
