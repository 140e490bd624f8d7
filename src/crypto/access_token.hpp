// Access tokens (RFC 9068: ES256, typ at+jwt), ID tokens (OpenID Connect Core, section 2), and the
// keys that sign them.
//
// Thread contract: a key ring is immutable but for the tokens that it has verified; its members may
// be called from any thread.
// One algorithm; `kid` is looked up and nothing else. Does not know sessions: whether the one that
// a token names still exists is for the caller to find out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/jws.hpp"
#include "crypto/secret.hpp"
#include "crypto/verified_tokens.hpp"

namespace postern {

struct AccessTokenClaims {
  /// sub
  std::string account_id;
  /// sid
  std::string session_id;
  /// jti
  std::string token_id;
  /// iat
  TimePoint issued_at;
  /// exp
  TimePoint expires_at;
  /// When the person proved who they are.
  TimePoint auth_time;
  /// amr, space-separated here (RFC 8176).
  std::string methods;
  /// The rest is empty in a token of our own API, whose aud is the issuer. aud:
  std::string audience = {};
  std::string client_id = {};
  /// Space-separated.
  std::string scope = {};
  /// The grant that it belongs to.
  std::string grant_id = {};
};

struct NewSigningKey {
  std::string kid;
  Secret private_pem;
};

/// A new key on P-256. Throws std::runtime_error when the library fails.
NewSigningKey make_signing_key();

class AccessKeyRing {
 public:
  struct Key {
    JwsKey key;
    /// One member of the JWK set.
    std::string jwk;
  };

  /// One key from its private PEM. Error: invalid_key.
  static Result<Key> read_key(std::string_view private_pem);

  /// `signer` is the index of the key that signs; nothing: none does. `issuer` is BASE_URL; aud is
  /// the same.
  AccessKeyRing(std::vector<Key> keys, std::optional<std::size_t> signer, std::string issuer);

  /// Error: no_signing_key (Retry::kLater).
  Result<std::string> mint(const AccessTokenClaims& claims) const;
  /// A token of our own API. Error: invalid_token (Retry::kNever), for every reason alike; the
  /// reason is in the detail.
  Result<AccessTokenClaims> verify(std::string_view token, TimePoint now) const;
  /// A token that a client got, whatever its audience. Error: as verify().
  Result<AccessTokenClaims> verify_of_client(std::string_view token, TimePoint now) const;
  /// Signs the claims of an ID token, a JSON object. Error: as mint().
  Result<std::string> sign_id_token(std::string_view claims) const;
  /// The claims of an ID token that was signed here, expired or not. Error: as verify().
  Result<std::string> verify_id_token(std::string_view token) const;
  /// Whether a token names a key that is not here: it may be a newer one.
  bool names_unknown_key(std::string_view token) const;
  /// {"keys":[…]}
  const std::string& jwks() const { return jwks_; }

 private:
  Result<AccessTokenClaims> read(std::string_view token, TimePoint now) const;
  /// Of an access token whose signature is right, in its time or not. Error: as verify().
  Result<VerifiedTokens::Claims> claims_of(std::string_view token) const;

  std::vector<JwsKey> keys_;
  /// With these keys: a ring of other keys begins with none.
  std::unique_ptr<VerifiedTokens> verified_;
  std::optional<std::size_t> signer_;
  std::string access_header_;
  std::string id_header_;
  std::string issuer_;
  std::string jwks_;
};

}  // namespace postern
