// The part of a database's store that reads the audit trail: only operators' commands do.
//
// Thread contract: as Store.
// The trail has no index besides its ids, which are ordered by time: a reader looks at one span of
// time after the other, so that no statement takes long.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/audit_entry.hpp"

namespace postern {

class Store;

/// Entries of one account, of a span of time.
struct AuditSpan {
  std::string account_id;
  TimePoint from;
  /// Exclusive.
  TimePoint to;
  std::size_t limit = 0;
};

class AuditStore {
 public:
  virtual ~AuditStore() = default;

  /// The newest first.
  virtual Result<std::vector<AuditEntry>> find_audit(const AuditSpan& span) = 0;
  /// The entry with the lowest id, of any account.
  virtual Result<std::optional<AuditEntry>> oldest_audit() = 0;
};

/// The store's own; an error for a store that has none.
Result<AuditStore*> audit_trail(Store& store);

}  // namespace postern
