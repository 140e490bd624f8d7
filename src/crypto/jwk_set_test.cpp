#include "crypto/jwk_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/oidc_limits.hpp"
#include "crypto/test_jwk_set.hpp"

namespace postern {
namespace {

using testing::HasSubstr;

class JwkSetAlgorithm : public testing::TestWithParam<const char*> {};

TEST_P(JwkSetAlgorithm, accepts_the_key_of_the_kid_and_any_without_one) {
  const std::string algorithm = GetParam();
  const JwkSet set = test::read_set(test::both_keys());
  const std::string kid = algorithm == "ES256" ? "e" : "r",
                    other = algorithm == "ES256" ? "r" : "e";
  EXPECT_EQ(*set.verify(test::kAssertionTyp, test::assertion(algorithm)), test::kAssertionPayload);
  for (const std::string& more :
       {R"(,"kid":")" + kid + '"', std::string(R"(,"typ":"JWT")"), std::string(R"(,"typ":"jwt")"),
        std::string(R"(,"x5t":"AA")"), std::string(R"(,"typ":"client-authentication+jwt")")}) {
    EXPECT_EQ(test::verdict(set, test::assertion(algorithm, more)), "valid") << more;
  }
  EXPECT_THAT(test::verdict(set, test::assertion(algorithm, R"(,"kid":")" + other + '"')),
              HasSubstr("no key"));
  EXPECT_THAT(test::verdict(set, test::assertion(algorithm, R"(,"kid":"unknown")")),
              HasSubstr("no key"));
}

TEST_P(JwkSetAlgorithm, refuses_what_was_changed) {
  const JwkSet set = test::read_set(test::both_keys());
  const std::string good = test::assertion(GetParam());
  const std::size_t payload = good.find('.') + 1, signature = good.rfind('.') + 1;
  for (const std::size_t at : {payload, payload + 5, signature, signature + 40}) {
    std::string changed = good;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(test::verdict(set, changed), "valid") << at;
  }
  EXPECT_NE(test::verdict(set, good.substr(0, signature)), "valid");
  EXPECT_NE(test::verdict(set, good.substr(0, signature - 1)), "valid");
  EXPECT_NE(test::verdict(set, good + '.'), "valid");
  EXPECT_NE(test::verdict(set, good + "AAAA"), "valid");
  EXPECT_NE(test::verdict(set, good + "="), "valid");
  EXPECT_NE(test::verdict(set, ""), "valid");
}

TEST_P(JwkSetAlgorithm, refuses_the_signature_of_another_key) {
  const std::string algorithm = GetParam();
  const test::KeyPtr other =
      algorithm == "ES256" ? test::make_ec_key("prime256v1") : test::make_rsa_key();
  EXPECT_THAT(test::verdict(test::read_set(test::both_keys()),
                            test::sign_token(other, algorithm, test::jws_header_json(algorithm),
                                             test::kAssertionPayload)),
              HasSubstr("no key"));
}

TEST_P(JwkSetAlgorithm, refuses_headers_that_bring_a_key_or_change_the_profile) {
  const JwkSet set = test::read_set(test::both_keys());
  const std::pair<std::string, const char*> refused[] = {
      {R"(,"crit":["exp"])", "crit"},
      {R"(,"crit":[])", "crit"},
      {R"(,"b64":false)", "b64"},
      {R"(,"b64":true)", "b64"},
      {",\"jwk\":" + test::ec_jwk(test::ec_key()), "jwk"},
      {R"(,"jku":"https://evil.example/jwks.json")", "jku"},
      {R"(,"x5u":"https://evil.example/x.pem")", "x5u"},
      {R"(,"x5c":["AA"])", "x5c"},
      {R"(,"typ":"at+jwt")", "typ"},
      {R"(,"typ":"set-password+jwt")", "typ"},
      {R"(,"typ":"dpop+jwt")", "typ"},
      {R"(,"typ":1)", "typ"},
      {R"(,"kid":1)", "kid"},
      {R"(,"kid":"")", "kid"},
      {R"(,"kid":null)", "kid"},
      {R"(,"kid":"e","kid":"r")", "JSON"},
      {R"(,"alg":"HS256")", "JSON"},
  };
  for (const auto& [more, cause] : refused) {
    EXPECT_THAT(test::verdict(set, test::assertion(GetParam(), more)), HasSubstr(cause)) << more;
  }
}

INSTANTIATE_TEST_SUITE_P(All, JwkSetAlgorithm, testing::Values("ES256", "RS256", "PS256"),
                         [](const auto& algorithm) { return std::string(algorithm.param); });

TEST(JwkSetConfusion, the_key_decides_on_the_algorithm) {
  const JwkSet set = test::read_set(test::both_keys());
  for (const char* name : {"none", "None", "", "HS256", "RS384", "RS512", "PS384", "ES384",
                           "ES256K", "EdDSA", "es256"}) {
    for (const char* signed_by : {"ES256", "RS256", "PS256"}) {
      EXPECT_THAT(test::verdict(
                      set, test::sign_token(test::key_of(signed_by), signed_by,
                                            test::jws_header_json(name), test::kAssertionPayload)),
                  HasSubstr("unknown alg"))
          << name;
    }
    EXPECT_NE(
        test::verdict(
            set, test::signing_input(test::jws_header_json(name), test::kAssertionPayload) + '.'),
        "valid");
  }
  // Signed by one algorithm under the name of another.
  for (const char* signed_by : {"ES256", "RS256", "PS256"}) {
    for (const char* name : {"ES256", "RS256", "PS256"}) {
      if (std::string_view(name) == signed_by) continue;
      for (const char* kid : {"", R"(,"kid":"e")", R"(,"kid":"r")"}) {
        EXPECT_THAT(test::verdict(set, test::sign_token(test::key_of(signed_by), signed_by,
                                                        test::jws_header_json(name, kid),
                                                        test::kAssertionPayload)),
                    HasSubstr("no key"))
            << signed_by << " as " << name << kid;
      }
    }
  }
  // A header without alg, or with one that is not a text.
  for (const char* json : {"{}", R"({"alg":null})", R"({"alg":["RS256"]})", R"({"kid":"r"})"}) {
    EXPECT_THAT(test::verdict(
                    set, test::sign_token(test::rsa_key(), "RS256", json, test::kAssertionPayload)),
                HasSubstr("alg"))
        << json;
  }
}

TEST(JwkSetConfusion, a_public_key_is_no_secret) {
  const JwkSet set =
      test::read_set(test::jwk_set({test::rsa_jwk(test::rsa_key(), R"(,"kid":"r")")}));
  const std::string pem = test::to_public_pem(test::rsa_key());
  const std::string jwk = test::rsa_jwk(test::rsa_key(), R"(,"kid":"r")");
  const std::string n =
      base64url_decode(test::number_of(test::rsa_key(), OSSL_PKEY_PARAM_RSA_N)).value();
  for (const std::string& secret : {pem, jwk, n, std::string()}) {
    for (const char* name : {"HS256", "RS256", "PS256"}) {
      const std::string input = test::signing_input(test::jws_header_json(name, R"(,"kid":"r")"),
                                                    test::kAssertionPayload);
      EXPECT_NE(test::verdict(set, test::with_signature(input, test::sign_hs256(secret, input))),
                "valid");
    }
  }
}

TEST(JwkSetConfusion, the_alg_of_a_key_binds_it) {
  const JwkSet pkcs =
      test::read_set(test::jwk_set({test::rsa_jwk(test::rsa_key(), R"(,"alg":"RS256")")}));
  const JwkSet pss =
      test::read_set(test::jwk_set({test::rsa_jwk(test::rsa_key(), R"(,"alg":"PS256")")}));
  EXPECT_EQ(test::verdict(pkcs, test::assertion("RS256")), "valid");
  EXPECT_EQ(test::verdict(pss, test::assertion("PS256")), "valid");
  EXPECT_THAT(test::verdict(pkcs, test::assertion("PS256")), HasSubstr("no key"));
  EXPECT_THAT(test::verdict(pss, test::assertion("RS256")), HasSubstr("no key"));
}

TEST(JwkSetConfusion, the_salt_of_ps256_has_the_length_of_the_hash) {
  const JwkSet set = test::read_set(test::both_keys());
  const std::string input =
      test::signing_input(test::jws_header_json("PS256"), test::kAssertionPayload);
  const auto with_salt = [&](int bytes) {
    return test::verdict(
        set, test::with_signature(input, test::sign_digest(test::rsa_key(), input, true, bytes)));
  };
  EXPECT_EQ(with_salt(32), "valid");
  for (const int bytes : {0, 20, 31, 33, 64}) EXPECT_THAT(with_salt(bytes), HasSubstr("no key"));
}

// CVE-2022-21449, and signatures of RSA that are no number below the modulus.
TEST(JwkSetConfusion, degenerate_signatures_are_refused) {
  const JwkSet set = test::read_set(test::both_keys());
  for (const char* algorithm : {"ES256", "RS256", "PS256"}) {
    const std::string input =
        test::signing_input(test::jws_header_json(algorithm), test::kAssertionPayload);
    for (const std::size_t size : {0, 1, 63, 64, 65, 255, 256, 257}) {
      for (const char byte : {'\0', '\x01', '\xff'}) {
        EXPECT_NE(test::verdict(set, test::with_signature(input, std::string(size, byte))),
                  "valid");
      }
    }
  }
}

TEST(JwkSetConfusion, long_tokens_are_refused_before_any_work) {
  const std::string payload(limits::kAssertionBytes, 'x');
  EXPECT_EQ(test::verdict(
                test::read_set(test::both_keys()),
                test::sign_token(test::ec_key(), "ES256", test::jws_header_json("ES256"), payload)),
            "too long");
}

}  // namespace
}  // namespace postern
