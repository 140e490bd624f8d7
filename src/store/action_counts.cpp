#include "store/action_counts.hpp"

#include <algorithm>

namespace postern {

void ActionCounts::add(std::span<const AuditEntry> entries) {
  if (entries.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries) ++count_of(entry).count;
}

std::vector<ActionCount> ActionCounts::all() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

ActionCount& ActionCounts::count_of(const AuditEntry& entry) {
  const auto found = std::ranges::find_if(counts_, [&](const ActionCount& count) {
    return count.action == entry.action && count.outcome == entry.outcome;
  });
  if (found != counts_.end()) return *found;
  return counts_.emplace_back(ActionCount{entry.action, entry.outcome});
}

}  // namespace postern
