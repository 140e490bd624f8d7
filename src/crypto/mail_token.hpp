// The token in an email: a JWT in one strict profile (RFC 7519, RFC 8725).
//
// Thread contract: a signer and a verifier are immutable; their members may be called from any
// thread.
// One algorithm per key: HS256 under a key derived from SECRET_KEY, or ES256 under a key pair, so
// that the app, which holds the public half only, cannot mint. `kid` only looks up. Nothing in a
// header chooses a key or an algorithm; jku, x5u, x5c, jwk and crit are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// By its number: typ set-password+jwt, confirm-email+jwt, take-back-email+jwt.
enum class MailTokenPurpose { kSetPassword, kConfirmEmail, kTakeBackEmail };
inline constexpr std::size_t kMailTokenPurposes = 3;

struct MailTokenClaims {
  /// sub
  std::string account_id;
  /// ver
  std::int64_t credential_version = 0;
  /// jti
  std::string token_id;
  /// iat and nbf
  TimePoint issued_at;
  /// exp
  TimePoint expires_at;
  /// adr, of a token for one address: the address's email_mark(); left out when empty.
  std::string email_mark = {};
  /// email, of kTakeBackEmail: the address that the account had; left out when empty.
  std::string former_email = {};
  /// Private claims `locale` and `return_to`; left out when empty.
  std::string locale;
  std::string return_to;
};

/// Binds a token to an address without showing it in the link: 128 bits of SHA-256 as base64url.
std::string email_mark(std::string_view email);

/// A jti: 72 random bits as base64url, a third of a UUID's length. It only tells tokens apart in a
/// log: that a token works once follows from `ver`.
std::string new_token_id();

class MailTokenSigner {
 public:
  /// `issuer` is BASE_URL; aud is the same. HS256 under derive_key(secret_key, "mail-token").
  /// Throws std::invalid_argument for an empty secret.
  static MailTokenSigner hs256(const Secret& secret_key, std::string issuer);
  /// A PEM private key on P-256. Error: invalid_key.
  static Result<MailTokenSigner> es256(std::string_view private_key_pem, std::string issuer);
  MailTokenSigner(MailTokenSigner&&) noexcept;
  MailTokenSigner& operator=(MailTokenSigner&&) noexcept;
  ~MailTokenSigner();

  /// A return_to that would make the token longer than limits::kTokenBytes is left out: the link
  /// must work. Error: internal, when the crypto library fails.
  Result<std::string> mint(MailTokenPurpose purpose, const MailTokenClaims& claims) const;

 private:
  struct Impl;
  explicit MailTokenSigner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class MailTokenVerifier {
 public:
  /// Throws std::invalid_argument for an empty secret.
  static MailTokenVerifier hs256(const Secret& secret_key, std::string issuer);
  /// A PEM public key on P-256. Error: invalid_key.
  static Result<MailTokenVerifier> es256(std::string_view public_key_pem, std::string issuer);
  MailTokenVerifier(MailTokenVerifier&&) noexcept;
  MailTokenVerifier& operator=(MailTokenVerifier&&) noexcept;
  ~MailTokenVerifier();

  /// Error: invalid_token (Retry::kNever), for every reason alike; the reason is in the detail.
  Result<MailTokenClaims> verify(MailTokenPurpose purpose, std::string_view token,
                                 TimePoint now) const;

 private:
  struct Impl;
  explicit MailTokenVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
