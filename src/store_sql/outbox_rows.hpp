// Functions over outbox rows that both databases share.
//
// Thread contract: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/store.hpp"

namespace postern {

/// Rows as a claim returns them: by priority, the time they became available and id (RETURNING
/// promises no order), with the claims before this one.
void as_claimed(std::vector<OutboxRow>& rows, const OutboxClaim& claim);

/// When rows that are dead-lettered now died.
TimePoint time_of_death();

/// Rows that become available within a range of time.
struct DueCount {
  std::int64_t rows = 0;
  std::int64_t leased = 0;
  /// Not leased, and of the class kBulk.
  std::int64_t bulk = 0;
};
/// `first`: the range that ends now; those behind it count as deferred.
void add_due(OutboxCensus& census, const DueCount& due, bool first);

/// Where the first range of a census begins.
inline constexpr TimePoint kBeforeAllTime{Duration(-1)};
/// The ends of the ranges of available_at that a census counts: up to now, then each of `within`;
/// the last one has no end.
std::vector<TimePoint> census_ends(TimePoint now, std::span<const Duration> within);

}  // namespace postern
