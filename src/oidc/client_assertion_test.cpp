#include "oidc/client_assertion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/login_limits.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/secret.hpp"
#include "crypto/test_jwk.hpp"

namespace postern {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr std::string_view kIssuer = "https://accounts.example.com";
constexpr std::string_view kClient = "notes";
constexpr std::int64_t kNow_s = 1'800'000'000;
constexpr std::int64_t kLife_s = std::chrono::seconds(limits::kAssertionLife).count();
constexpr std::int64_t kDifference_s = std::chrono::seconds(limits::kClockDifference).count();

Client client() {
  Client client{.id = std::string(kClient), .name = "Acme Notes"};
  client.authentication = ClientAuthentication::kPrivateKeyJwt;
  client.jwks = test::jwk_set({test::ec_jwk(test::key_of("ES256"), R"(,"kid":"e")"),
                               test::rsa_jwk(test::key_of("RS256"), R"(,"kid":"r")")});
  return client;
}

json::object good_claims() {
  return {{"iss", kClient},      {"sub", kClient},       {"aud", kIssuer},
          {"exp", kNow_s + 300}, {"jti", "assertion-1"}, {"iat", kNow_s}};
}

std::string assertion_of(const json::object& claims, std::string_view algorithm = "ES256",
                         std::string_view more = "") {
  const std::string header = test::jws_header_json(algorithm, more);
  return test::sign_token(test::key_of(algorithm), algorithm, header, json::serialize(claims));
}

/// A good assertion but for one claim; `value` is JSON, and without it the claim is absent.
std::string assertion_with(std::string_view claim, std::string_view value) {
  json::object claims = good_claims();
  if (value.empty()) {
    claims.erase(claim);
  } else {
    claims[claim] = json::parse(value);
  }
  return assertion_of(claims);
}

Result<UsedAssertion> check(const Client* of, std::string_view assertion,
                            std::int64_t now_ms = kNow_s * 1000) {
  return check_client_assertion(of, assertion, {kIssuer, from_unix_ms(now_ms)});
}

/// "valid", or the cause of the refusal.
std::string verdict(std::string_view assertion, std::int64_t now_ms = kNow_s * 1000) {
  const Client of = client();
  const auto used = check(&of, assertion, now_ms);
  if (used) return "valid";
  EXPECT_EQ(used.error().code, "invalid_client");
  EXPECT_EQ(used.error().retry, Retry::kNever);
  return used.error().cause;
}

std::string json_text(std::string_view text) { return '"' + std::string(text) + '"'; }

TEST(ClientAssertion, every_algorithm_of_the_key_is_accepted) {
  for (const char* algorithm : {"ES256", "RS256", "PS256"}) {
    EXPECT_EQ(verdict(assertion_of(good_claims(), algorithm)), "valid") << algorithm;
    const std::string kid = std::string_view(algorithm) == "ES256" ? "e" : "r";
    EXPECT_EQ(verdict(assertion_of(good_claims(), algorithm,
                                   R"(,"typ":"client-authentication+jwt","kid":")" + kid + '"')),
              "valid")
        << algorithm;
  }
}

TEST(ClientAssertion, the_note_is_of_client_and_jti) {
  const Client notes = client();
  const auto used = check(&notes, assertion_of(good_claims()));
  ASSERT_TRUE(used);
  EXPECT_EQ(used->key, base64url_encode(sha256("notes\nassertion-1")));
  EXPECT_EQ(used->expires_at, from_unix_ms((kNow_s + 300) * 1000));
  // The same jti under another header, algorithm or exp is the same assertion.
  json::object claims = good_claims();
  claims["exp"] = kNow_s + 301;
  const auto again = check(&notes, assertion_of(claims, "PS256"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key, used->key);
  claims["jti"] = "assertion-2";
  EXPECT_NE(check(&notes, assertion_of(claims))->key, used->key);
  Client other = client();
  other.id = "other";
  claims = good_claims();
  claims["iss"] = claims["sub"] = "other";
  const auto of_other = check(&other, assertion_of(claims));
  ASSERT_TRUE(of_other);
  EXPECT_NE(of_other->key, used->key);
}

TEST(ClientAssertion, only_a_client_with_keys_can_have_one) {
  const std::string assertion = assertion_of(good_claims());
  Client without = client(), damaged = client(), foreign = client();
  without.jwks.clear();
  damaged.jwks = "{}";
  foreign.jwks = test::jwk_set({test::ec_jwk(test::make_ec_key("prime256v1"), R"(,"kid":"e")")});
  const std::pair<const Client*, const char*> refused[] = {
      {nullptr, "no such client"},
      {&without, "no JWK set"},
      {&damaged, "JWK set: "},
      {&foreign, "no key"},
  };
  for (const auto& [of, cause] : refused) {
    const auto used = check(of, assertion);
    ASSERT_FALSE(used) << cause;
    EXPECT_EQ(used.error().code, "invalid_client");
    EXPECT_THAT(used.error().cause, HasSubstr(cause));
  }
}

TEST(ClientAssertion, I10_iss_and_sub_are_the_client) {
  for (const char* claim : {"iss", "sub"}) {
    for (const std::string& value : {std::string(), std::string("1"), std::string("null"),
                                     std::string(R"(["notes"])"), json_text(""), json_text("other"),
                                     json_text("Notes"), json_text("notes "), json_text(kIssuer)}) {
      EXPECT_EQ(verdict(assertion_with(claim, value)), "wrong " + std::string(claim)) << value;
    }
  }
}

TEST(ClientAssertion, I10_aud_is_the_issuer_or_its_token_endpoint_alone) {
  const std::string issuer = json_text(kIssuer);
  const std::string endpoint = json_text(std::string(kIssuer) + "/token");
  for (const std::string& value : {issuer, endpoint, '[' + issuer + ']', '[' + endpoint + ']'}) {
    EXPECT_EQ(verdict(assertion_with("aud", value)), "valid") << value;
  }
  const std::string other = json_text("https://other.example");
  const std::string refused[] = {"",
                                 "1",
                                 "null",
                                 "{}",
                                 "[]",
                                 "[1]",
                                 "[[" + issuer + "]]",
                                 '[' + issuer + ',' + endpoint + ']',
                                 '[' + issuer + ',' + issuer + ']',
                                 '[' + issuer + ',' + other + ']',
                                 '[' + other + ',' + issuer + ']',
                                 other,
                                 '[' + other + ']',
                                 json_text(""),
                                 json_text("/token"),
                                 json_text(kClient),
                                 json_text(std::string(kIssuer) + "/"),
                                 json_text(std::string(kIssuer) + "/token/"),
                                 json_text(std::string(kIssuer) + "/authorize"),
                                 json_text(std::string(kIssuer) + ".evil.example"),
                                 json_text("https://ACCOUNTS.example.com"),
                                 json_text("http://accounts.example.com")};
  for (const std::string& value : refused) {
    EXPECT_THAT(verdict(assertion_with("aud", value)), HasSubstr("aud")) << value;
  }
}

TEST(ClientAssertion, I10_exp_is_ahead_but_not_far) {
  for (const std::int64_t exp : {kNow_s + 1, kNow_s + kLife_s}) {
    EXPECT_EQ(verdict(assertion_with("exp", std::to_string(exp))), "valid") << exp;
  }
  const std::pair<std::string, const char*> refused[] = {
      {"", "exp is not"},
      {"null", "exp is not"},
      {"true", "exp is not"},
      {"\"1800000300\"", "exp is not"},
      {"1800000300.0", "exp is not"},
      {"1800000300.5", "exp is not"},
      {"1.8000003e9", "exp is not"},
      {"18446744073709551615", "exp is not"},
      {"1e300", "exp is not"},
      {std::to_string(kNow_s), "expired"},
      {std::to_string(kNow_s - 1), "expired"},
      {"0", "expired"},
      {"-9223372036854775808", "expired"},
      // The difference of clocks is not added.
      {std::to_string(kNow_s + kLife_s + 1), "too far"},
      {std::to_string(kNow_s + kLife_s + kDifference_s), "too far"},
      // Milliseconds.
      {"1800000300000", "too far"},
      {"9223372036854775807", "too far"},
  };
  for (const auto& [value, cause] : refused) {
    EXPECT_THAT(verdict(assertion_with("exp", value)), HasSubstr(cause)) << value;
  }
}

TEST(ClientAssertion, it_expires_to_the_millisecond) {
  const std::string assertion = assertion_of(good_claims());
  const std::int64_t exp_ms = (kNow_s + 300) * 1000;
  EXPECT_EQ(verdict(assertion, exp_ms - 1), "valid");
  EXPECT_EQ(verdict(assertion, exp_ms), "expired");
}

TEST(ClientAssertion, iat_and_nbf_may_be_ahead_by_the_difference_of_clocks) {
  for (const std::string claim : {"iat", "nbf"}) {
    for (const std::string& value :
         {std::string(), std::string("0"), std::to_string(kNow_s + kDifference_s)}) {
      EXPECT_EQ(verdict(assertion_with(claim, value)), "valid") << claim << value;
    }
    for (const std::string& value :
         {std::to_string(kNow_s + kDifference_s + 1), std::string("9223372036854775807")}) {
      EXPECT_EQ(verdict(assertion_with(claim, value)), claim + " is in the future") << value;
    }
    for (const std::string value : {"null", "\"1800000000\"", "1800000000.5", "[]"}) {
      EXPECT_EQ(verdict(assertion_with(claim, value)), claim + " is not a whole number") << value;
    }
  }
}

TEST(ClientAssertion, I10_jti_is_required) {
  for (const std::size_t size : {std::size_t{1}, limits::kAssertionIdBytes}) {
    EXPECT_EQ(verdict(assertion_with("jti", json_text(std::string(size, 'j')))), "valid") << size;
  }
  for (const std::string& value :
       {std::string(), std::string("1"), std::string("null"), std::string(R"(["j"])"),
        json_text(""), json_text(std::string(limits::kAssertionIdBytes + 1, 'j'))}) {
    EXPECT_THAT(verdict(assertion_with("jti", value)), HasSubstr("jti is not")) << value;
  }
}

TEST(ClientAssertion, claims_that_parsers_disagree_about_are_refused) {
  const auto of = [](std::string_view payload) {
    return verdict(test::sign_token(test::key_of("ES256"), "ES256", R"({"alg":"ES256"})", payload));
  };
  const std::string good = json::serialize(good_claims());
  EXPECT_EQ(of(good), "valid");
  for (const std::string& payload :
       {std::string(), std::string("[]"), std::string("null"), good + good, '[' + good + ']',
        R"({"sub":"other",)" + good.substr(1), R"({"exp":1,)" + good.substr(1)}) {
    EXPECT_THAT(of(payload), HasSubstr("claims are not")) << payload;
  }
}

// The algorithm is the key's; what the header says about keys counts for nothing.
TEST(ClientAssertion, I10_confused_algorithms_are_refused) {
  const json::object claims = good_claims();
  const std::string payload = json::serialize(claims);
  const std::string pem = test::to_public_pem(test::key_of("RS256"));
  for (const char* header :
       {R"({"alg":"HS256"})", R"({"alg":"HS256","kid":"r"})", R"({"alg":"RS256","kid":"r"})"}) {
    const std::string input = test::signing_input(header, payload);
    EXPECT_NE(verdict(test::with_signature(input, test::sign_hs256(pem, input))), "valid");
  }
  EXPECT_NE(verdict(test::signing_input(R"({"alg":"none"})", payload) + '.'), "valid");
  EXPECT_THAT(verdict(assertion_of(claims, "ES256", R"(,"kid":"r")")), HasSubstr("no key"));
  EXPECT_THAT(verdict(assertion_of(claims, "RS256", R"(,"kid":"e")")), HasSubstr("no key"));
  // A key of the attacker, in the header or behind a URL in it.
  const test::KeyPtr other = test::make_ec_key("prime256v1");
  for (const std::string& more : {",\"jwk\":" + test::ec_jwk(other),
                                  std::string(R"(,"jku":"https://evil.example/jwks.json")")}) {
    const std::string header = R"({"alg":"ES256","kid":"e")" + more + '}';
    EXPECT_THAT(verdict(test::sign_token(other, "ES256", header, payload)),
                HasSubstr("header has"));
  }
  // Signed by the client, for another purpose.
  for (const char* typ : {"at+jwt", "dpop+jwt", "logout+jwt"}) {
    EXPECT_EQ(verdict(assertion_of(claims, "ES256", R"(,"typ":")" + std::string(typ) + '"')),
              "wrong typ");
  }
}

TEST(ClaimedClient, is_the_sub_without_any_check) {
  EXPECT_EQ(claimed_client(assertion_of(good_claims())), "notes");
  EXPECT_EQ(claimed_client("." + base64url_encode(R"({"sub":"anything"})") + "."), "anything");
}

TEST(ClaimedClient, is_empty_when_it_is_unreadable) {
  const std::string payload = base64url_encode(R"({"sub":"notes"})");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), payload,
        "." + payload, "." + payload + "..", "." + payload + "=.",
        "." + base64url_encode(R"({"sub":1})") + ".", "." + base64url_encode("{}") + ".",
        "." + base64url_encode("\"notes\"") + ".",
        "." + base64url_encode(R"({"sub":"a","sub":"b"})") + ".",
        "." + base64url_encode(R"({"sub":"notes"})" + std::string(limits::kAssertionBytes, ' ')) +
            "."}) {
    EXPECT_EQ(claimed_client(text), "") << text;
  }
}

}  // namespace
}  // namespace postern
