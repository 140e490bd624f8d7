// The part of Store for the outbox, its dead rows among it, within the same transactions.
//
// Thread contract: as Store.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/mail_priority.hpp"
#include "model/outbox_row.hpp"
#include "store/dead_rows.hpp"

namespace postern {

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

/// What an operator is warned by.
struct OutboxBacklog {
  /// Dead rows, up to the cap.
  std::int64_t dead = 0;
  /// When the row became due that has been due longest; nothing: no row waits.
  std::optional<TimePoint> oldest_due = {};
};

class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  /// Claims rows that are available and not leased, class by class, oldest first; returned by
  /// priority. A clock that was set back stalls nothing: rows that were created ahead of `now` are
  /// available, and a lease that ends an hour after `leased_until` is none.
  virtual Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim& claim) = 0;
  virtual Status change_outbox(const OutboxChanges& changes) = 0;
  /// Ends every lease: for a process that knows itself to be the only one.
  virtual Status end_leases() = 0;
  /// Rows that wait (dead letters not counted) and accepted requests, up to `cap` in all.
  virtual Result<std::int64_t> count_outbox(std::int64_t cap) = 0;
  /// Costs little, whatever the outbox holds.
  virtual Result<OutboxBacklog> measure_backlog(std::int64_t dead_cap) = 0;
  /// `within` rises; what is due later than all of it counts with the last one.
  virtual Result<OutboxCensus> count_states(TimePoint now, std::span<const Duration> within) = 0;
  /// Dead rows, the oldest death first, from the one behind `after` on (nullptr: the first one). On
  /// PostgreSQL they are locked.
  virtual Result<std::vector<DeadRow>> find_dead(const DeadRow* after, std::size_t limit) = 0;
  /// Dead rows become rows that were never tried, available from `now` on.
  virtual Status replay_dead(std::span<const DeadReplay> rows, TimePoint now) = 0;
  /// Deletes dead rows; others stay.
  virtual Status drop_dead(std::span<const std::string> ids) = 0;
};

}  // namespace postern
