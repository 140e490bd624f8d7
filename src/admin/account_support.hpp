// What an operator does for one account when its user asks for help: its history, another email,
// lifting the lock after wrong passwords, withdrawing a product's access, and its deletion.
//
// Thread contract: for the main thread of a process; waits for the database.
// Each returns the exit code, and prints what happened.
#pragma once

#include <optional>
#include <string>

#include "admin/account_argument.hpp"

namespace postern {

struct HistoryOptions {
  std::size_t limit = 0;
  bool json = false;
};

int show_history(AccountServices& services, const AccountArgument& argument,
                 const HistoryOptions& options);

int send_again(AccountServices& services, const AccountArgument& argument,
               const std::optional<MailKind>& kind);

int unlock(AccountServices& services, const AccountArgument& argument);

int revoke_product(AccountServices& services, const AccountArgument& argument,
                   const std::string& client_id);

enum class Confirmation { kGiven, kAsk };

/// kAsk: asks at the terminal, and deletes nothing without "y".
int delete_account_of(AccountServices& services, const AccountArgument& argument,
                      Confirmation confirmation);

}  // namespace postern
