// Accounts as an operator looks at them.
//
// Thread contract: any thread but the writer's; waits for the database. Changes nothing.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/writer.hpp"

namespace postern {

/// The oldest first.
Result<std::vector<Account>> list_accounts(Writer& writer, const AccountPage& page);

/// By the accounts' ids, of those that have one.
using ExternalIds = std::map<std::string, std::string>;
Result<ExternalIds> external_ids_of(Writer& writer, std::span<const Account> accounts);

/// The account of an external id, when there is one.
Result<std::optional<AccountRef>> find_by_external_id(Writer& writer,
                                                      const std::string& external_id);

struct AccountDetails {
  Account account;
  /// The newest first, at most limits::kMailStatesShown.
  std::vector<MailStatus> mails;
  /// The oldest first, those included that have expired and not been removed yet.
  std::vector<Session> sessions = {};
  /// Empty: none.
  std::string external_id = {};
};

/// Error: not_found.
Result<AccountDetails> show_account(Writer& writer, const AccountRef& ref);

}  // namespace postern
