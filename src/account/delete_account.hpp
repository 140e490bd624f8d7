// Deleting an account, by its owner.
#pragma once

#include <functional>

#include "account/signed_in.hpp"
#include "crypto/secret.hpp"

namespace postern {

struct Deletion {
  /// As typed.
  Secret password;
  RequestContext context;
};

/// The account and its sessions are gone; the owner gets an email. Errors: unauthorized,
/// wrong_password, too_many_attempts.
void delete_account(SessionServices& services, const Credentials& credentials, Deletion deletion,
                    std::function<void(Status)> done);

}  // namespace postern
