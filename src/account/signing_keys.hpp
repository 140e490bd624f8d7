// Rotating and revoking the keys that sign access tokens.
//
// Thread contract: pure functions, and functions over a transaction that the caller has opened.
//
//   next ─ activates_at ─► signing ─ retired_at ─► retired ─ + a token's life ─► expired
//                              any of them ─ revoked_at ─► revoked
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "crypto/secret.hpp"
#include "store/session_store.hpp"

namespace postern {

enum class SigningKeyState { kNext, kSigning, kRetired, kExpired, kRevoked };

std::string_view to_string(SigningKeyState state);

/// `token_life`: how long its last token may live.
SigningKeyState state_of(const SigningKey& key, Duration token_life, TimePoint now);

/// The key under which the private halves are sealed.
Secret signing_key_seal(const Secret& secret_key);

/// Adds a key that is published at once and signs after `notice`; the one that signs until then
/// retires. Gives the new kid.
Result<std::string> rotate_signing_key(SessionStore& store, const Secret& seal_key, Duration notice,
                                       TimePoint now);

/// Its tokens are invalid from now on; a new key signs immediately where none is left. Error:
/// unknown_key.
Status revoke_signing_key(SessionStore& store, const Secret& seal_key, std::string_view kid,
                          TimePoint now);

}  // namespace postern
