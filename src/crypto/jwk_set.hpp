// The public keys of another party: a JWK set (RFC 7517), and the signatures of its holder.
//
// Thread contract: immutable; verify() may be called from any thread.
// The key decides on the algorithm, never the token: EC on P-256 is ES256; RSA of 2048 to 4096 bits
// is RS256 or PS256, or the one that its `alg` names. Keys of other kinds, and keys whose `use` or
// `key_ops` is not for signatures, are left out. Nothing in a token brings a key or points to one.
// Does not know claims: that is for the caller.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

class JwkSet {
 public:
  /// Error: invalid_jwks, with a text for the operator: not a set, a private or a symmetric key, a
  /// damaged key, an RSA key of another size, an `alg` that does not fit its key, a `kid` that
  /// occurs twice, no key that is left, or over limits::kJwkSetKeys or limits::kJwkSetBytes.
  static Result<JwkSet> read(std::string_view json);
  JwkSet(JwkSet&&) noexcept;
  JwkSet& operator=(JwkSet&&) noexcept;
  ~JwkSet();

  /// The payload of a compact JWS of at most limits::kAssertionBytes that one of the keys signed. A
  /// `kid` in its header chooses the key; without one every key of its `alg` is tried. Its `typ` is
  /// absent, JWT, or the explicit type `typ` (RFC 8725, 3.11), in upper or lower case. A header
  /// with `crit`, `b64`, `jwk`, `jku`, `x5c` or `x5u` is refused. Error: invalid_token
  /// (Retry::kNever); the cause names the check that failed and quotes nothing.
  Result<std::string> verify(std::string_view typ, std::string_view token) const;

 private:
  struct Impl;
  explicit JwkSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
