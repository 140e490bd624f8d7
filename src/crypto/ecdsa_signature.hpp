// The two forms of an ECDSA signature on P-256: r || s, as JWS has it (RFC 7518, 3.4), and DER.
//
// Thread contract: pure functions; a key may be used from any thread.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

inline constexpr std::size_t kP256CoordinateBytes = 32;
inline constexpr std::size_t kEs256Bytes = 2 * kP256CoordinateBytes;

/// Empty when the library fails.
std::string der_to_raw(std::string_view der);

/// Whether `key`, which must be on P-256, signed `input` with SHA-256; `signature` is r || s.
bool verify_es256(EVP_PKEY* key, std::string_view input, std::string_view signature);

}  // namespace postern
