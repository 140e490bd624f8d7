// The public keys of another party: a JWK set (RFC 7517), and the signatures of its holder.
//
// Thread contract: immutable; verify() may be called from any thread.
// The key decides on the algorithm, never the token: EC on P-256 is ES256; RSA of 2048 to 4096 bits
// is RS256 or PS256, or the one that its `alg` names. Nothing else is read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

class JwkSet {
 public:
  /// Error: invalid_jwks, with a text for the operator: not a set, no key of a kind that is read,
  /// a private key, or over limits::kJwkSetKeys.
  static Result<JwkSet> read(std::string_view json);
  JwkSet(JwkSet&&) noexcept;
  JwkSet& operator=(JwkSet&&) noexcept;
  ~JwkSet();

  /// The payload of a compact JWS that one of the keys signed; a `kid` in its header chooses among
  /// them. Any `typ` but those of our own tokens; a header with `crit` is refused. Error:
  /// invalid_token.
  Result<std::string> verify(std::string_view token) const;

 private:
  struct Impl;
  explicit JwkSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
