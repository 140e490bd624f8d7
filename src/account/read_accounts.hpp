// Accounts as an operator looks at them.
//
// Thread contract: any thread but the writer's; waits for the database. Changes nothing.
#pragma once

#include <vector>

#include "store/writer.hpp"

namespace postern {

/// The oldest first.
Result<std::vector<Account>> list_accounts(Writer& writer, const AccountPage& page);

struct AccountView {
  Account account;
  /// The newest first, at most limits::kMailStatesShown.
  std::vector<MailStatus> letters;
  /// The oldest first, those included that have expired and not been removed yet.
  std::vector<Session> sessions = {};
};

/// Error: not_found.
Result<AccountView> show_account(Writer& writer, const AccountRef& ref);

}  // namespace postern
