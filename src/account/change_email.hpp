// Another address for an account: asked for by its owner, confirmed by an email to the new address.
#pragma once

#include <functional>
#include <string>

#include "account/signed_in.hpp"
#include "crypto/secret.hpp"
#include "text/email.hpp"

namespace postern {

struct EmailChange {
  EmailAddress email;
  /// As typed.
  Secret password;
  RequestContext context;
};

/// Nothing changes yet: an email with a link goes to the new address, a notice to the old one. What
/// happens does not depend on whether the new address has an account. Emails over the account's
/// limit are held back in silence, and the change with them. Errors: unauthorized, wrong_password,
/// too_many_attempts.
void request_email_change(AccountServices& services, const Credentials& credentials,
                          EmailChange change, std::function<void(Status)> done);

/// The account facts that the page shows for a valid link.
struct ValidEmailToken {
  /// The new address, masked.
  std::string masked_email;
  /// The present address of the account that asks, masked: a reader must be able to tell that it is
  /// another person's.
  std::string masked_account;
  std::string locale;
};

/// Changes nothing. Error: invalid_token.
void check_email_token(AccountServices& services, std::string token,
                       std::function<void(Result<ValidEmailToken>)> done);

struct EmailConfirmation {
  std::string token;
  /// Of the browser or client that confirms; may be empty.
  Credentials credentials;
  RequestContext context;
};

/// The account has the new address, and the former one gets an email with a link that takes the
/// account back (set_password.hpp); mail tokens are invalid, and all sessions end but the one that
/// confirms, when it is the account's. Errors: invalid_token; email_taken when an account has the
/// address by now.
void confirm_email(AccountServices& services, EmailConfirmation confirmation,
                   std::function<void(Result<ValidEmailToken>)> done);

}  // namespace postern
