// The database interface of the accounts and the outbox, one transaction at a time.
//
// Thread contract: a Store is one connection and belongs to one thread (the writer's).
// Every statement binds its parameters. Times are Unix milliseconds in the database.
// Knows nothing of what an operation means: the decisions are made above, on plain structs.
#pragma once

#include <array>
#include <cstdint>
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
#include "store/dead_rows.hpp"
#include "store/deferred_sync.hpp"
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

struct OutboxClaim {
  std::size_t limit = 0;
  /// The claimer: an id of this process.
  std::string owner;
  TimePoint now;
  /// Until then no other owner gets the rows.
  TimePoint leased_until;
  /// Whether the taking is counted: the row's claims rise at once, so that one that takes the
  /// process down each time is found. The rows that are returned tell the number before.
  bool counts = false;
  /// Which class goes first.
  std::array<MailPriority, 3> order = kMailPriorities;
};

struct OutboxDeferral {
  std::string id;
  TimePoint available_at;
  int attempts = 0;
  /// The last failure, in the mail server's or our own words.
  std::string reason;
  /// For deferred rows: so many attempts so far whose outcome is unknown.
  int unknown_outcomes = 0;
};

/// The outcomes of claimed rows.
struct OutboxChanges {
  /// Delivered or published: deleted.
  std::vector<std::string> done = {};
  /// To be tried again later; the lease ends, and claims are counted anew.
  std::vector<OutboxDeferral> deferred = {};
  /// Dead letters: kept with attempts and reason, never claimed again (available_at is unused).
  std::vector<OutboxDeferral> dead = {};
  /// Leases given back untouched, at once available to others.
  std::vector<std::string> released = {};
};

/// Error codes: kConflict when another connection changed a row after it was read or took the
/// address (run the batch again); kRejected (Retry::kNever) when the database refuses the data
/// itself; kUnavailable for everything else.
namespace store_error {
inline constexpr const char* kConflict = "store_conflict";
inline constexpr const char* kRejected = "store_rejected";
inline constexpr const char* kUnavailable = "store_unavailable";
}  // namespace store_error

class Store : public SessionStore,
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
  /// Claims rows that are available and not leased, class by class, oldest first; returned by
  /// priority. A clock that was set back stalls nothing: rows that were created ahead of `now` are
  /// available, and a lease that ends an hour after `leased_until` is none.
  virtual Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim& claim) = 0;
  virtual Status change_outbox(const OutboxChanges& changes) = 0;
  /// Notes what became of emails that are known; at most one entry an email. What was sent stays
  /// sent, and an older word does not replace a newer one.
  virtual Status write_mail_states(std::span<const MailStatus> states) = 0;
  /// The account's emails, newest first.
  virtual Result<std::vector<MailStatus>> find_mail_states(const std::string& account_id,
                                                           std::size_t limit) = 0;
  /// Ends every lease: for a process that knows itself to be the only one.
  virtual Status end_leases() = 0;
  /// Rows that wait (dead letters not counted) and accepted requests, up to `cap` in all.
  virtual Result<std::int64_t> count_outbox(std::int64_t cap) = 0;
  /// `within` rises; what is due later than all of it counts with the last one.
  virtual Result<OutboxCensus> count_states(TimePoint now, std::span<const Duration> within) = 0;
  /// Dead rows, the oldest death first, from the one behind `after` on (nullptr: the first one). On
  /// PostgreSQL they are locked.
  virtual Result<std::vector<DeadRow>> find_dead(const DeadRow* after, std::size_t limit) = 0;
  /// Dead rows become rows that were never tried, available from `now` on.
  virtual Status replay_dead(std::span<const DeadReplay> rows, TimePoint now) = 0;
  /// Deletes dead rows; others stay.
  virtual Status drop_dead(std::span<const std::string> ids) = 0;
  /// After an error the outcome is unknown.
  virtual Status commit() = 0;
  /// Ends the transaction without a trace; never fails (a lost connection has rolled back).
  virtual void rollback() = 0;
};

}  // namespace postern
