// Makes an address free for the account that has proved to read its emails.
//
// Thread contract: as services.hpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "account/services.hpp"

namespace postern {

struct EmailClaim {
  std::string email_key;
  /// The account that is to have the address.
  std::string account_id;
  /// As in the audit: confirm-email, take-back.
  std::string_view action;
  RequestContext context;
};

/// An unconfirmed account of the address is deleted: otherwise one person could block another's
/// address by registering it. Error: email_taken, when another account has it.
void free_email(AccountServices& services, EmailClaim claim, std::function<void(Status)> done);

/// email_taken for a conflict with an account that took the address since; other errors as they
/// are.
Error as_email_taken(const Error& error);

}  // namespace postern
