#include "store_sql/outbox_rows.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace postern {

void as_claimed(std::vector<OutboxRow>& rows, const OutboxClaim& claim) {
  std::sort(rows.begin(), rows.end(), [](const OutboxRow& a, const OutboxRow& b) {
    return std::tie(a.priority, a.available_at, a.id) < std::tie(b.priority, b.available_at, b.id);
  });
  if (claim.counts) {
    for (auto& row : rows) --row.claims;
  }
}

TimePoint time_of_death() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

void add_due(OutboxCensus& census, const DueCount& due, bool first) {
  census.leased += due.leased;
  const auto free = due.rows - due.leased;
  if (first) {
    census.waiting = free;
    census.bulk = due.bulk;
  } else {
    census.deferred.push_back(free);
  }
}

std::vector<TimePoint> census_ends(TimePoint now, std::span<const Duration> within) {
  std::vector<TimePoint> ends{now};
  for (const auto wait : within) ends.push_back(now + wait);
  ends.back() = TimePoint::max();
  return ends;
}

}  // namespace postern
