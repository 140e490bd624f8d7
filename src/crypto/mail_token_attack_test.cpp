// Tokens as an attacker would send them. Each differs from a good one in what its name says.
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/limits.hpp"
#include "crypto/mail_token.hpp"
#include "crypto/test_keys.hpp"
#include "crypto/test_tokens.hpp"

namespace postern {
namespace {

using test::at, test::kNow_s;

std::string hmac(std::string_view key, std::string_view input) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &length);
  return {reinterpret_cast<const char*>(mac), length};
}

std::string unsigned_part(std::string_view header) {
  return base64url_encode(header) + '.' + base64url_encode(test::claims_json());
}

std::string signed_with(std::string_view key, std::string_view header) {
  const std::string input = unsigned_part(header);
  return input + '.' + base64url_encode(hmac(key, input));
}

void expect_refused(const MailTokenVerifier& verifier, const std::string& token) {
  const auto read = verifier.verify(MailTokenPurpose::kSetPassword, token, at(kNow_s));
  ASSERT_FALSE(read) << token.substr(0, 300);
  EXPECT_EQ(read.error().code, "invalid_token");
  EXPECT_EQ(read.error().retry, Retry::kNever);
  EXPECT_FALSE(read.error().cause.empty());
  EXPECT_LT(read.error().cause.size(), 60U) << "the detail quotes what came";
}

std::string good_token() {
  const JwsKey key = test::hs256_key();
  return test::forge(key, test::header_json("HS256", key.kid()), test::claims_json());
}

TEST(MailTokenAttack, the_unchanged_token_is_good) {
  EXPECT_TRUE(test::verifier().verify(MailTokenPurpose::kSetPassword, good_token(), at(kNow_s)));
}

TEST(MailTokenAttack, T1_a_key_has_one_algorithm) {
  const JwsKey key = test::hs256_key();
  for (const char* alg : {"none", "None", "nOnE", "NONE", "", "HS512", "HS384", "hs256", "HS256 ",
                          "HS256\\u0000", "ES256", "RS256", "PS256", "EdDSA", "dir", "HS", "*"}) {
    const std::string header = test::header_json(alg, key.kid());
    expect_refused(test::verifier(), test::forge(key, header, test::claims_json()));
    expect_refused(test::verifier(), unsigned_part(header) + '.');
    expect_refused(test::verifier(), unsigned_part(header));
  }
}

TEST(MailTokenAttack, T1_no_signature_is_no_signature) {
  const JwsKey key = test::hs256_key();
  const std::string input = unsigned_part(test::header_json("HS256", key.kid()));
  for (const std::size_t length : {0, 1, 16, 31, 33, 64}) {
    expect_refused(test::verifier(), input + '.' + base64url_encode(std::string(length, '\0')));
  }
  const std::string mac = base64url_encode(key.sign(input).substr(0, 16));
  expect_refused(test::verifier(), input + '.' + mac);
}

TEST(MailTokenAttack, T1_weak_or_known_keys_do_not_sign) {
  const JwsKey key = test::hs256_key();
  const std::string header = test::header_json("HS256", key.kid());
  for (const std::string& guess :
       {std::string(), std::string(32, '\0'), std::string("secret"), key.kid(),
        std::string(test::secret_key().view()), std::string(test::kIssuer)}) {
    expect_refused(test::verifier(), signed_with(guess, header));
  }
}

TEST(MailTokenAttack, T1_a_public_key_is_not_a_shared_secret) {
  const test::PemPair pems = test::to_pems(test::make_ec_key("prime256v1"));
  const auto public_key = JwsKey::es256_public(pems.public_pem);
  const auto verifier = MailTokenVerifier::es256(pems.public_pem, std::string(test::kIssuer));
  ASSERT_TRUE(public_key && verifier);
  std::string without_newline = pems.public_pem;
  without_newline.pop_back();
  for (const std::string& secret : {pems.public_pem, without_newline, public_key->kid()}) {
    for (const char* alg : {"HS256", "ES256", "none"}) {
      expect_refused(*verifier, signed_with(secret, test::header_json(alg, public_key->kid())));
    }
  }
}

TEST(MailTokenAttack, T1_another_pair_does_not_sign_under_this_kid) {
  const test::PemPair ours = test::to_pems(test::make_ec_key("prime256v1"));
  const test::PemPair theirs = test::to_pems(test::make_ec_key("prime256v1"));
  const auto verifier = MailTokenVerifier::es256(ours.public_pem, std::string(test::kIssuer));
  const auto our_key = JwsKey::es256_private(ours.private_pem);
  const auto their_key = JwsKey::es256_private(theirs.private_pem);
  ASSERT_TRUE(verifier && our_key && their_key);
  const std::string header = test::header_json("ES256", our_key->kid());
  EXPECT_TRUE(verifier->verify(MailTokenPurpose::kSetPassword,
                               test::forge(*our_key, header, test::claims_json()), at(kNow_s)));
  expect_refused(*verifier, test::forge(*their_key, header, test::claims_json()));
  expect_refused(*verifier, unsigned_part(header) + '.' + base64url_encode(std::string(64, '\0')));
  // A DER signature is a second form of the same one.
  expect_refused(*verifier, unsigned_part(header) + '.' + base64url_encode("\x30\x06\x02\x01\x01"));
}

TEST(MailTokenAttack, T2_the_header_is_exactly_alg_typ_and_kid) {
  const JwsKey key = test::hs256_key();
  const std::string good = test::header_json("HS256", key.kid());
  const std::string jwk = R"({"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
  for (const std::string& more :
       {std::string(R"("jku":"https://evil.example/jwks.json")"),
        std::string(R"("x5u":"https://evil.example/x.pem")"), R"("jwk":)" + jwk,
        std::string(R"("jwk":"x")"), std::string(R"("x5c":["MIIB"])"), std::string(R"("x5c":"M")"),
        std::string(R"("x5t":"M")"), std::string(R"("crit":["exp"])"), std::string(R"("crit":[])"),
        std::string(R"("crit":"exp")"), std::string(R"("b64":false)"),
        std::string(R"("zip":"DEF")"), std::string(R"("cty":"JWT")"), std::string(R"("exp":1)"),
        std::string(R"("":"")"), std::string(R"("alg":"HS256")"), std::string(R"("kid":"other")"),
        std::string(R"("\u0061lg":"none")")}) {
    expect_refused(
        test::verifier(),
        test::forge(key, good.substr(0, good.size() - 1) + "," + more + "}", test::claims_json()));
    expect_refused(test::verifier(),
                   test::forge(key, "{" + more + "," + good.substr(1), test::claims_json()));
  }
}

TEST(MailTokenAttack, T2_a_header_without_a_member_or_of_another_shape) {
  const JwsKey key = test::hs256_key();
  for (const std::string& header :
       {std::string(R"({"alg":"HS256","typ":"set-password+jwt"})"),
        R"({"alg":"HS256","kid":")" + key.kid() + R"("})",
        R"({"typ":"set-password+jwt","kid":")" + key.kid() + R"("})", std::string("{}"),
        std::string("[]"), std::string("null"), std::string("\"HS256\""), std::string(),
        std::string("{"), test::header_json("HS256", key.kid()) + "{}",
        test::header_json("HS256", key.kid()) + std::string(1, '\0'),
        "\xef\xbb\xbf" + test::header_json("HS256", key.kid()),
        R"({"ALG":"HS256","typ":"set-password+jwt","kid":")" + key.kid() + R"("})",
        R"({"alg":["HS256"],"typ":"set-password+jwt","kid":")" + key.kid() + R"("})",
        R"({"alg":null,"typ":"set-password+jwt","kid":")" + key.kid() + R"("})",
        std::string(R"({"alg":"HS256","typ":"set-password+jwt","kid":1})")}) {
    expect_refused(test::verifier(), test::forge(key, header, test::claims_json()));
  }
}

TEST(MailTokenAttack, T2_the_kid_only_looks_up) {
  const JwsKey key = test::hs256_key();
  std::string upper = key.kid();
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  const std::string kids[] = {"",
                              "/dev/null",
                              "../../../../dev/null",
                              "file:///etc/passwd",
                              "C:\\\\nul",
                              "' UNION SELECT 'key' --",
                              "1 OR 1=1",
                              "x'; DROP TABLE accounts; --",
                              "$(id)",
                              "|sleep 5",
                              "https://evil.example/key",
                              "\\u0000",
                              key.kid() + "\\u0000",
                              key.kid() + " ",
                              " " + key.kid(),
                              key.kid() + "0",
                              key.kid().substr(0, key.kid().size() - 1),
                              "*",
                              "%00",
                              "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87",
                              upper == key.kid() ? "X" : upper,
                              std::string(1 << 20, 'a'),
                              std::string(1000, '{')};
  for (const std::string& kid : kids) {
    const std::string header = test::header_json("HS256", kid);
    expect_refused(test::verifier(), test::forge(key, header, test::claims_json()));
    expect_refused(test::verifier(), signed_with("", header));
    expect_refused(test::verifier(), signed_with("key", header));
  }
}

TEST(MailTokenAttack, T11_a_token_has_one_form) {
  const std::string good = good_token();
  const std::size_t dot = good.find('.');
  const std::string tokens[] = {"",
                                ".",
                                "..",
                                "...",
                                "a.b.c",
                                good + "=",
                                good + "==",
                                good + ".",
                                good + "..",
                                "." + good,
                                good + " ",
                                " " + good,
                                good + "\n",
                                good + "\r\n",
                                "\t" + good,
                                good + std::string(1, '\0'),
                                good + "\xc2\xa0",
                                good + "\xe2\x80\x8b",
                                "Bearer " + good,
                                "\"" + good + "\"",
                                good + good,
                                good + "." + good,
                                good.substr(0, good.size() - 1),
                                good.substr(1),
                                good.substr(dot),
                                good.substr(0, dot) + "=" + good.substr(dot),
                                good.substr(0, dot) + "\n" + good.substr(dot),
                                good.substr(0, dot) + "." + good.substr(dot),
                                good.substr(0, dot) + "%2E" + good.substr(dot + 1),
                                good.substr(0, dot) + "\xef\xbc\x8e" + good.substr(dot + 1)};
  for (const std::string& token : tokens) expect_refused(test::verifier(), token);
}

// 32 bytes are 43 characters; two bits of the last one stand for nothing and must be zero.
TEST(MailTokenAttack, T11_no_other_last_character_stands_for_the_same_signature) {
  const std::string good = good_token();
  int accepted = 0;
  for (int c = 0; c < 256; ++c) {
    std::string token = good;
    token.back() = static_cast<char>(c);
    accepted += bool(test::verifier().verify(MailTokenPurpose::kSetPassword, token, at(kNow_s)));
  }
  EXPECT_EQ(accepted, 1);
}

TEST(MailTokenAttack, T11_every_change_of_one_character_is_seen) {
  const std::string good = good_token();
  const MailTokenVerifier verifier = test::verifier();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : std::string_view("A_.=+ \n")) {
      if (good[i] == c) continue;
      std::string token = good;
      token[i] = c;
      ASSERT_FALSE(verifier.verify(MailTokenPurpose::kSetPassword, token, at(kNow_s))) << i;
    }
    ASSERT_FALSE(verifier.verify(MailTokenPurpose::kSetPassword, good.substr(0, i), at(kNow_s)));
  }
}

TEST(MailTokenAttack, T11_claims_are_not_repeated) {
  const JwsKey key = test::hs256_key();
  const std::string header = test::header_json("HS256", key.kid());
  for (const char* again : {R"("exp":1800003600)", R"("exp":1900000000)", R"("ver":3)",
                            R"("ver":4)", R"("sub":"019aa0c4-7c1b-7def-8123-000000000000")",
                            R"("\u0073ub":"x")", R"("iss":"x")", R"("jti":"j1")"}) {
    const std::string claims = test::claims_json();
    expect_refused(
        test::verifier(),
        test::forge(key, header, claims.substr(0, claims.size() - 1) + "," + again + "}"));
    expect_refused(test::verifier(),
                   test::forge(key, header, "{" + std::string(again) + "," + claims.substr(1)));
  }
}

TEST(MailTokenAttack, T11_claims_are_one_flat_object) {
  const JwsKey key = test::hs256_key();
  const std::string header = test::header_json("HS256", key.kid());
  for (const std::string& payload :
       {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
        std::string("\"x\""), "[" + test::claims_json() + "]", test::claims_json() + "x",
        test::claims_json() + test::claims_json(), test::claims_json() + std::string(1, '\0'),
        test::claims_json("j1", "\xff"), test::claims_json("{", "{\"a\":{},"),
        test::claims_json("{", "{\"a\":[[[[[[[[[[]]]]]]]]]],"), std::string(1500, '[')}) {
    expect_refused(test::verifier(), test::forge(key, header, payload));
  }
}

TEST(MailTokenAttack, T11_a_token_has_at_most_2048_bytes) {
  const JwsKey key = test::hs256_key();
  const std::string header = test::header_json("HS256", key.kid());
  const auto with_jti_of = [&](std::size_t length) {
    return test::forge(key, header, test::claims_json("j1", std::string(length, 'j')));
  };
  std::size_t length = 1;
  while (with_jti_of(length + 1).size() <= limits::kTokenBytes) ++length;
  EXPECT_TRUE(
      test::verifier().verify(MailTokenPurpose::kSetPassword, with_jti_of(length), at(kNow_s)));
  expect_refused(test::verifier(), with_jti_of(length + 1));
  expect_refused(test::verifier(), with_jti_of(1 << 20));
}

}  // namespace
}  // namespace postern
