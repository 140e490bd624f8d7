// A JWK set for tests, and what it says of a token.
#pragma once

#include <gtest/gtest.h>

#include "crypto/jwk_set.hpp"
#include "crypto/test_jwk.hpp"

namespace postern::test {

inline constexpr std::string_view kAssertionTyp = "client-authentication+jwt";
inline constexpr std::string_view kAssertionPayload = R"({"sub":"notes"})";

inline std::string both_keys() {
  return jwk_set({ec_jwk(ec_key(), R"(,"kid":"e")"), rsa_jwk(rsa_key(), R"(,"kid":"r")")});
}

inline JwkSet read_set(const std::string& json) {
  auto set = JwkSet::read(json);
  if (!set) throw std::runtime_error(set.error().text);
  return *std::move(set);
}

inline std::string assertion(std::string_view algorithm, std::string_view more = "") {
  return sign_token(key_of(algorithm), algorithm, jws_header_json(algorithm, more),
                    kAssertionPayload);
}

/// "valid", or the cause of the refusal.
inline std::string verdict(const JwkSet& set, std::string_view jws) {
  const auto payload = set.verify(kAssertionTyp, jws);
  if (payload) return "valid";
  EXPECT_EQ(payload.error().code, "invalid_token");
  EXPECT_EQ(payload.error().retry, Retry::kNever);
  return payload.error().cause;
}

}  // namespace postern::test
