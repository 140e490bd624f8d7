// The audit trail of one account, for an operator.
//
// Thread contract: any thread but the writer's; waits for the database. Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/audit_entry.hpp"
#include "store/writer.hpp"

namespace postern {

struct HistoryQuery {
  /// Also of an account that has been deleted.
  std::string account_id;
  std::size_t limit = 0;
  TimePoint now;
};

/// The latest entries, the newest last. Reads back in spans of time until it has them or the trail
/// begins: a long trail takes seconds.
Result<std::vector<AuditEntry>> read_history(Writer& writer, const HistoryQuery& query);

}  // namespace postern
