// The writer's items: operations on an account, acceptances of requests, and other work on the
// store.
//
// Thread contract: as writer.hpp says.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

namespace postern {

/// The rows that one operation writes.
struct Changes {
  /// The account as it should be: new (revision 0), or the one that was read with other values.
  std::optional<Account> account = {};
  std::vector<OutboxRow> outbox = {};
  std::vector<AuditEntry> audit = {};
  /// The account that was read goes, with its sessions and the states of its emails.
  bool remove_account = false;
  SessionChanges sessions = {};
};

/// An account as the transaction sees it.
struct AccountView {
  /// nullptr: none.
  const Account* account = nullptr;
  /// In any order; none where the operation does not ask for them.
  std::span<const Session> sessions = {};
};

/// One operation on one account.
struct Operation {
  AccountRef account;
  /// Pure; may be called again. An Error refuses the operation without writing anything.
  std::function<Result<Changes>(const AccountView& current)> decide;
  /// After the commit, or after the failure.
  std::function<void(Status)> done;
  bool reads_sessions = false;
  /// The accepted request that this resolves, once: where that was done before, in a transaction
  /// whose outcome was unknown or by another process, nothing is decided, and all is well.
  std::optional<RequestPlace> resolves = {};
};

/// A request whose acceptance is to be durable; reads no account and decides nothing, so that its
/// cost is the same for every one.
struct Acceptance {
  AcceptedRequest request;
  /// Gets the request back, with its place.
  std::function<void(Status, AcceptedRequest)> accepted;

  void done(Status status) { accepted(std::move(status), std::move(request)); }
};

/// Other work that rides in the same transaction (outbox claims and removals).
struct StoreTask {
  std::function<Status(Store&)> run;
  std::function<void(Status)> done;
};

}  // namespace postern
