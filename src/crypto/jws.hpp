// JSON Web Signatures in one strict compact profile (RFC 7515, RFC 8725), HS256 and ES256.
//
// Thread contract: a key is immutable; its members may be called from any thread.
// A key is bound to one algorithm. The header is exactly {alg, typ, kid}; nothing in it chooses a
// key or an algorithm: `kid` is compared with the keys' own, `alg` must be that key's. The
// signature is checked before anything of the payload is looked at.
// Does not know claims: that is mail_token.hpp's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

class JwsKey {
 public:
  /// At least 32 bytes (RFC 7518, 3.2), and not the text of a PEM file. Error: invalid_key.
  static Result<JwsKey> hs256(const Secret& key, std::string kid);
  /// An unencrypted PEM private key on the named curve P-256; its kid is made from the public half.
  /// Error: invalid_key.
  static Result<JwsKey> es256_private(std::string_view pem);
  /// A PEM public key ("BEGIN PUBLIC KEY") on the named curve P-256. Error: invalid_key.
  static Result<JwsKey> es256_public(std::string_view pem);
  JwsKey(JwsKey&&) noexcept;
  JwsKey& operator=(JwsKey&&) noexcept;
  ~JwsKey();

  std::string_view algorithm() const;
  const std::string& kid() const;

  /// 32 bytes of HMAC, or the 64 bytes r || s (RFC 7518, 3.4). Throws std::runtime_error when the
  /// library fails or the key is a public one.
  std::string sign(std::string_view signing_input) const;
  bool verify(std::string_view signing_input, std::string_view signature) const;

 private:
  struct Impl;
  explicit JwsKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The first 16 hexadecimal digits of SHA-256 over something that may be known.
std::string make_kid(std::string_view public_bytes);

/// The encoded protected header with its dot: what every token of this key and type begins with.
std::string jws_header(const JwsKey& key, std::string_view typ);

/// header.payload.signature; `header` is from jws_header() of the same key.
Result<std::string> sign_jws(const JwsKey& key, std::string_view header, std::string_view payload);

/// The payload of a token that one of `keys` signed and whose typ is exactly `typ`. Error:
/// invalid_token (Retry::kNever); the detail names the check that failed and quotes nothing.
Result<std::string> verify_jws(std::span<const JwsKey> keys, std::string_view typ,
                               std::string_view token);

}  // namespace postern
