// Bytes that are kept where others may read them: sealed under a key, and bound to a place.
//
// Thread contract: pure functions, safe from any thread.
// XChaCha20-Poly1305 with a random nonce in front, as base64url. Does not hide the length.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// `key` has 32 bytes (derive_key); `place` is what the text belongs to, such as its id: sealed
/// text that was moved elsewhere does not open. Throws std::runtime_error when the library fails.
std::string seal(const Secret& key, std::string_view place, std::string_view plain);

/// Error: cannot_open (Retry::kNever) when it was sealed under another key or for another place, or
/// was changed.
Result<Secret> open_sealed(const Secret& key, std::string_view place, std::string_view sealed);

}  // namespace postern
