// Passwords: normalised once, judged, and hashed with Argon2id.
//
// Thread contract: pure functions, safe from any thread. hash_password takes 19 MiB and some ten
// milliseconds: call it through HashPool only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/breached_passwords.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// UTF-8 checked, then NFKC (NIST SP 800-63B-4). Error: weak_password when it is over
/// limits::kPasswordBytes before or after (reason too_long), or not UTF-8 (not_text).
Result<Secret> normalise_password(std::string_view password);

struct PasswordVerdict {
  bool accepted = false;
  /// zxcvbn's scale, 0 (at once guessed) to 4.
  int score = 0;
  /// Stable reason when refused: too_short, too_long, common, personal, breached, not_text
  /// (controls).
  std::string reason;
};

/// `password` is normalised; `personal` are words that it must not be made of: the address, its
/// parts, the product's name. No composition rules; length counts code points; a `min_length` below
/// limits::kPasswordLengthFloor counts as that. `breached`: besides the list that is compiled in;
/// may be nullptr.
PasswordVerdict judge_password(std::string_view password, std::size_t min_length,
                               std::span<const std::string> personal,
                               const BreachedPasswords* breached = nullptr);

/// Argon2id, m = 19 MiB, t = 2, p = 1, as an encoded string. Errors: out_of_memory; weak_password
/// (too_long) before any work when it is over limits::kPasswordBytes.
Result<std::string> hash_password(std::string_view password);

/// Whether this is an encoded Argon2id string that verify_password would work on: for hashes from
/// elsewhere.
bool is_usable_hash(std::string_view encoded);

/// False also for anything that is not an encoded Argon2id string of ours or whose stored
/// parameters are over twice our own.
bool verify_password(std::string_view encoded, std::string_view password);

/// Whether verify_password() would hash at all for this encoded string.
bool is_verifiable(std::string_view encoded);

/// Whether a string that verify_password() accepts was made at a lower cost than hash_password()'s.
bool needs_rehash(std::string_view encoded);

}  // namespace postern
