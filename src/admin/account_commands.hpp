// `postern accounts`: what an operator does with accounts.
//
// Thread contract: for the main thread of a process; it waits for the database.
// Opens nothing before a command runs: --help and wrong usage need no database.
#pragma once

#include <functional>

#include "account/services.hpp"

namespace CLI {
class App;
}

namespace postern {

/// Opens what the account operations need, has `work` done with it, and closes it again; returns
/// what `work` returned. Throws what stops a process at its start.
using WithAccounts = std::function<int(const std::function<int(AccountServices&)>& work)>;

/// Adds the command to `app`. A subcommand sets `exit_code`: 0 done, 1 failed; wrong usage is the
/// parser's.
void add_account_commands(CLI::App& app, WithAccounts with_accounts, int& exit_code);

}  // namespace postern
