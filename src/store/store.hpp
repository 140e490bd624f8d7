// The database interface of the accounts and the outbox, one transaction at a time.
//
// Thread contract: a Store is one connection and belongs to one thread (the writer's).
// Every statement binds its parameters. Times are Unix milliseconds in the database.
// Knows nothing of what an operation means: the decisions are made above, on plain structs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/account.hpp"
#include "model/audit_entry.hpp"
#include "model/delivery_outcome.hpp"
#include "model/outbox_row.hpp"
#include "store/client_store.hpp"
#include "store/deferred_sync.hpp"
#include "store/outbox_store.hpp"
#include "store/request_store.hpp"
#include "store/retention_store.hpp"
#include "store/session_store.hpp"

namespace postern {

/// The account of an operation.
struct AccountRef {
  enum class By { kEmailKey, kId };
  By by = By::kEmailKey;
  std::string value;
};

/// All that a batch of operations wants written. Each list is one set-based statement where that
/// pays.
struct WriteBatch {
  /// Accounts of revision 0; stored with revision 1.
  std::vector<Account> inserts = {};
  /// Accounts with the revision that was read; stored with the next one.
  std::vector<Account> updates = {};
  std::vector<OutboxRow> outbox = {};
  std::vector<AuditEntry> audit = {};
  /// Accounts with the revision that was read; their rows go.
  std::vector<Account> removals = {};
  SessionChanges sessions = {};
  std::vector<AcceptedRow> accepted = {};
  /// Accepted requests that this batch resolves; a row goes with the last of its requests.
  std::vector<RequestPlace> resolved = {};
};

/// Which accounts to list, in the order of their ids: the oldest first.
struct AccountPage {
  /// Only those behind this id; empty: from the first one.
  std::string after = {};
  std::optional<AccountState> state = {};
  std::size_t limit = 0;
};

/// Error codes: kConflict when another connection changed a row after it was read or took the
/// address (run the batch again); kRejected (Retry::kNever) when the database refuses the data
/// itself; kUnavailable for everything else.
namespace store_error {
inline constexpr const char* kConflict = "store_conflict";
inline constexpr const char* kRejected = "store_rejected";
inline constexpr const char* kUnavailable = "store_unavailable";
}  // namespace store_error

class Store : public OutboxStore,
              public SessionStore,
              public ClientStore,
              public RetentionStore,
              public RequestStore,
              public DeferredSync {
 public:
  /// Opens a transaction; reconnects first where the connection was lost.
  virtual Status begin() = 0;
  /// The accounts that exist, in any order, each once. On PostgreSQL the rows are locked.
  virtual Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) = 0;
  virtual Result<std::vector<Account>> list_accounts(const AccountPage& page) = 0;
  /// An email of the outbox is noted as queued in the same statement group.
  virtual Status write(const WriteBatch& batch) = 0;
  /// Notes what became of emails that are known; at most one entry an email. What was sent stays
  /// sent, and an older word does not replace a newer one.
  virtual Status write_mail_states(std::span<const MailStatus> states) = 0;
  /// The account's emails, newest first.
  virtual Result<std::vector<MailStatus>> find_mail_states(const std::string& account_id,
                                                           std::size_t limit) = 0;
  /// After an error the outcome is unknown.
  virtual Status commit() = 0;
  /// Ends the transaction without a trace; never fails (a lost connection has rolled back).
  virtual void rollback() = 0;
};

}  // namespace postern
