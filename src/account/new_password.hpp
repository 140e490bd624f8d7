// A new password on its way into an account: normalised, judged, hashed.
//
// Thread contract: pure functions; a judgement takes about a millisecond, a hash tens of them: both
// belong on the hash pool.
#pragma once

#include <span>
#include <string>

#include "account/services.hpp"
#include "crypto/password.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// `personal`: what the password must not be made of (personal_words.hpp).
PasswordVerdict judge_new_password(const Secret& typed, const AccountSettings& settings,
                                   std::span<const std::string> personal);

/// The encoded hash. Errors: weak_password with the verdict's reason; those of hash_password().
Result<std::string> hash_new_password(const Secret& typed, const AccountSettings& settings,
                                      std::span<const std::string> personal);

}  // namespace postern
