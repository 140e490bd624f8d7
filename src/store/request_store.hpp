// The part of Store that keeps accepted requests until they are resolved.
//
// Thread contract: as Store.
// Requests are written and removed by Store::write (WriteBatch::accepted and resolved), in the
// transaction of the account they were resolved for.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/accepted_request.hpp"

namespace postern {

/// Requests that were accepted in one transaction: one row, since each row costs the database more
/// than what is in it.
struct AcceptedRow {
  /// Sorts by time.
  std::string id;
  /// The pointed-to objects outlive the write; at most limits::kRequestsPerRow.
  std::vector<const AcceptedRequest*> requests = {};
};

struct RequestClaim {
  /// Of rows.
  std::size_t limit = 0;
  TimePoint now;
  /// Until then no other process gets the rows.
  TimePoint leased_until;
  /// Whether rows that are leased are claimed as well: for a process that knows itself to be the
  /// only one.
  bool leased_too = false;
  /// Only rows behind this one; empty: from the first one.
  std::string after = {};
};

class RequestStore {
 public:
  virtual ~RequestStore() = default;

  /// For each place whether no transaction has resolved it. Nor does another one until this one
  /// ends: on PostgreSQL the rows are locked.
  virtual Result<std::vector<bool>> find_unresolved(std::span<const RequestPlace> places) = 0;

  /// Requests that are not resolved though their lease has ended: a process was killed, or stood
  /// still. Oldest first, those that are not readable among them. A lease that ends an hour after
  /// `leased_until` is none: a clock was set back.
  virtual Result<std::vector<AcceptedRequest>> claim_requests(const RequestClaim& claim) = 0;
};

}  // namespace postern
