// A new password for a person who is logged in and knows the current one.
#pragma once

#include <functional>
#include <string>

#include "account/signed_in.hpp"
#include "crypto/secret.hpp"

namespace postern {

struct PasswordChange {
  /// Both as typed.
  Secret current_password;
  Secret new_password;
  RequestContext context;
};

/// The device that set the password stays known for the account; others are unknown now.
struct ChangedPassword {
  std::string device;
  /// What the device token is for.
  std::string email_key;
};

/// All other sessions end, emails' tokens are invalid, and the owner gets an email. Errors:
/// unauthorized, wrong_password, too_many_attempts, weak_password with the verdict's
/// reason.
void change_password(SessionServices& services, const Credentials& credentials,
                     PasswordChange change, std::function<void(Result<ChangedPassword>)> done);

}  // namespace postern
