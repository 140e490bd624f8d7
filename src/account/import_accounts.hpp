// Accounts that come from elsewhere, as many as there are.
//
// Thread contract: any thread but the writer's; waits for the commit.
// Writes no email and announces nothing: to other programs these accounts are not new.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "store/writer.hpp"

namespace postern {

enum class Imported {
  kAdded,
  /// The address has an account, which stays as it is.
  kKnown,
  /// Another address has an account of this id.
  kIdTaken,
  /// Another address has an account of this external id.
  kExternalIdTaken,
};

struct AccountToImport {
  /// Of revision 0, with an id.
  Account account;
  /// Empty: none.
  std::string external_id = {};
};

struct ImportRequest {
  Writer& writer;
  const Clock& clock;
  /// For the audit.
  std::string request_id;
};

/// One transaction for all of them; what became of each.
Result<std::vector<Imported>> import_accounts(const ImportRequest& request,
                                              std::span<const AccountToImport> accounts);

}  // namespace postern
