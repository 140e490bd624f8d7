#include "account/read_history.hpp"

#include <algorithm>
#include <iterator>

#include "store/audit_store.hpp"

namespace postern {
namespace {

/// What one statement looks at: a million rows of a busy system take some seconds.
constexpr Duration kSpan = std::chrono::hours(24 * 7);
/// Entries may be ahead of this machine's clock.
constexpr Duration kAhead = std::chrono::hours(24);

Result<std::vector<AuditEntry>> find_span(Writer& writer, const AuditSpan& span) {
  std::vector<AuditEntry> entries;
  const auto status = writer.run([&](Store& store) -> Status {
    const auto trail = audit_trail(store);
    if (!trail) return trail.error();
    auto found = (*trail)->find_audit(span);
    if (!found) return found.error();
    entries = *std::move(found);
    return {};
  });
  if (!status) return status.error();
  return entries;
}

/// The time of the trail's first entry; `now` when there is none.
Result<TimePoint> beginning(Writer& writer, TimePoint now) {
  TimePoint begins_at = now;
  const auto status = writer.run([&](Store& store) -> Status {
    const auto trail = audit_trail(store);
    if (!trail) return trail.error();
    const auto oldest = (*trail)->oldest_audit();
    if (!oldest) return oldest.error();
    begins_at = *oldest ? (*oldest)->at : now;
    return {};
  });
  if (!status) return status.error();
  return begins_at;
}

}  // namespace

Result<std::vector<AuditEntry>> read_history(Writer& writer, const HistoryQuery& query) {
  const auto begins_at = beginning(writer, query.now);
  if (!begins_at) return begins_at.error();
  std::vector<AuditEntry> entries;
  for (TimePoint to = query.now + kAhead; entries.size() < query.limit && to > *begins_at;
       to -= kSpan) {
    auto found =
        find_span(writer, {query.account_id, to - kSpan, to, query.limit - entries.size()});
    if (!found) return found.error();
    std::ranges::move(*found, std::back_inserter(entries));
  }
  std::ranges::reverse(entries);
  return entries;
}

}  // namespace postern
