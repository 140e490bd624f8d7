// Is this the account's password? With the limits on guessing: for a login, and for what wants the
// password again.
//
//   room in the pool ─► count the attempt ─► read the account ─► hash once on the pool, whatever
//   the account's state
//
// An attempt is counted before its hash, so that a burst of parallel guesses is as many guesses;
// a success forgets the count. Known and unknown addresses are counted alike.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "account/services.hpp"
#include "crypto/secret.hpp"
#include "model/login_throttle.hpp"

namespace postern {

struct CheckedPassword {
  /// The account as it was read, when the password is right and the account may be used.
  std::optional<Account> account;
  /// The password's hash at today's cost, when the stored one is cheaper.
  std::string new_hash;
  /// For Changes::sessions.cleared_throttles.
  std::string throttle_key;
};

/// What attempts on an address are counted by.
std::string throttle_key(std::string_view email_key);

/// How long after its n-th wrong password an address waits.
Duration login_delay(std::int64_t failures);

/// `done` runs on a thread of the hash pool, or at once with an error. Errors: too_many_attempts
/// (the detail is the number of seconds to wait), overloaded.
void check_password(AccountServices& services, std::string email_key, Secret password,
                    std::function<void(Result<CheckedPassword>)> done);

}  // namespace postern
