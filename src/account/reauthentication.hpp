// For what a session alone is not enough: the person gives the current password once more.
#pragma once

#include <functional>

#include "account/password_check.hpp"
#include "account/signed_in.hpp"

namespace postern {

struct Reauthenticated {
  SignedIn person;
  CheckedPassword checked;

  /// The password that was checked is still the account's.
  bool still_is(const Account& account) const {
    return checked.account && account.password_hash == checked.account->password_hash;
  }
};

/// Wrong passwords count against the session alone. `done` runs on a thread of the hash pool, or at
/// once with an error. Errors: unauthorized, wrong_password, too_many_attempts, overloaded.
void reauthenticate(SessionServices& services, const Credentials& credentials, Secret password,
                    const RequestContext& context,
                    std::function<void(Result<Reauthenticated>)> done);

}  // namespace postern
