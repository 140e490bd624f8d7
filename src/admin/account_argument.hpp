// What the commands of `postern accounts` share: the account that is meant, and how a command ends.
//
// Thread contract: for the main thread of a process.
#pragma once

#include <string>

#include "account/services.hpp"

namespace postern {

/// In the audit trail, where a request's id stands.
inline constexpr const char* kAccountsRequestId = "postern accounts";

/// An address, an id, or else an external id.
struct AccountArgument {
  std::string text;
};

Result<AccountRef> find_account(AccountServices& services, const AccountArgument& argument);

/// Prints the error for the operator; returns the exit code.
int command_failed(const Error& error);
void print_output(const std::string& text);

}  // namespace postern
