// Mail tokens for tests: good ones, and ones with one fault each under a good signature.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "crypto/jws.hpp"
#include "crypto/mail_token.hpp"

namespace postern::test {

inline constexpr std::string_view kIssuer = "https://accounts.example.com";
inline constexpr std::string_view kAccountId = "019aa0c4-7c1b-7def-8123-456789abcdef";
inline constexpr std::int64_t kNow_s = 1'800'000'000;

inline TimePoint at(std::int64_t unix_s) { return from_unix_ms(unix_s * 1000); }

inline Secret secret_key() { return Secret(std::string("a secret key that only tests have")); }

inline JwsKey hs256_key() {
  return std::move(*JwsKey::hs256(derive_key(secret_key(), "mail-token"),
                                  make_kid(derive_key(secret_key(), "mail-token-kid").view())));
}

inline MailTokenSigner signer() {
  return MailTokenSigner::hs256(secret_key(), std::string(kIssuer));
}
inline MailTokenVerifier verifier() {
  return MailTokenVerifier::hs256(secret_key(), std::string(kIssuer));
}

inline MailTokenClaims good_claims() {
  MailTokenClaims claims;
  claims.account_id = kAccountId;
  claims.credential_version = 3;
  claims.token_id = "019aa0c4-7c1b-7def-8123-000000000001";
  claims.issued_at = at(kNow_s);
  claims.expires_at = at(kNow_s + 3600);
  return claims;
}

/// The claims of a good token as JSON, with `from` replaced by `to`.
inline std::string claims_json(std::string_view from = "", std::string_view to = "") {
  const std::string issuer(kIssuer);
  std::string json = R"({"iss":")" + issuer + R"(","aud":")" + issuer + R"(","sub":")" +
                     std::string(kAccountId) +
                     R"(","jti":"j1","iat":1800000000,"nbf":1800000000,"exp":1800003600,"ver":3})";
  const std::size_t found = json.find(from);
  return from.empty() || found == std::string::npos ? json : json.replace(found, from.size(), to);
}

/// header.payload.signature of any texts, signed with `key` whatever the header says.
inline std::string forge(const JwsKey& key, std::string_view header, std::string_view payload) {
  return *sign_jws(key, base64url_encode(header) + '.', payload);
}

inline std::string header_json(std::string_view alg, std::string_view kid,
                               std::string_view typ = "set-password+jwt") {
  return R"({"alg":")" + std::string(alg) + R"(","typ":")" + std::string(typ) + R"(","kid":")" +
         std::string(kid) + R"("})";
}

}  // namespace postern::test
