// Session and refresh tokens: opaque to clients, found by the ids they hold, verified by a hash.
//
//   base64url( session id 16 · account id 16 · secret 32 · tag 16 )
//
// Thread contract: immutable; its members may be called from any thread.
// The secret is random in a session's first token. A refresh token's successor is derived from it
// under a key of SECRET_KEY, so that parallel refreshes of one token get one successor although the
// database holds hashes only. The tag tells a token of ours from an invention, so that no client
// can end a session by inventing an "old" token of it, and inventions never reach the database. It
// also binds the token to its use: a cookie is no refresh token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

enum class SessionTokenUse {
  kRefresh,
  kCookie,
  /// A client's refresh token: its grant stands where the others have their session.
  kClientRefresh,
};

/// The ids that a token holds.
struct SessionTokenParts {
  std::string session_id;
  std::string account_id;
  /// SHA-256 of the token, as base64url: what is stored.
  std::string hash;
};

class SessionTokens {
 public:
  /// Throws std::invalid_argument for an empty secret.
  explicit SessionTokens(const Secret& secret_key);

  /// A new random one. Error: internal, when one of the ids is none (is_id).
  Result<std::string> make(SessionTokenUse use, std::string_view session_id,
                           std::string_view account_id) const;
  /// Nothing when it is not a token that was made here for this use.
  std::optional<SessionTokenParts> read(SessionTokenUse use, std::string_view token) const;
  /// The token that follows `token`, which read() has accepted: always the same one. Empty for
  /// what is no token.
  std::string successor(SessionTokenUse use, std::string_view token) const;

 private:
  std::string assemble(SessionTokenUse use, std::string names_and_secret) const;
  std::string tag(SessionTokenUse use, std::string_view names_and_secret) const;

  Secret tag_key_;
  Secret successor_key_;
};

std::string hash_session_token(std::string_view token);

}  // namespace postern
