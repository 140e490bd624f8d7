// The two forms of an ECDSA signature on P-256: r || s, as JWS has it (RFC 7518, 3.4), and DER.
//
// Thread contract: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

inline constexpr std::size_t kP256CoordinateBytes = 32;
inline constexpr std::size_t kEs256Bytes = 2 * kP256CoordinateBytes;

/// Both are empty when the library fails; `raw` has kEs256Bytes.
std::string raw_to_der(std::string_view raw);
std::string der_to_raw(std::string_view der);

}  // namespace postern
