// Counts what the audit trail gets, by action and outcome, for the metrics.
//
// Thread contract: all members may be called from any thread.
// Actions and outcomes are words of this program, some dozens in all; none holds what a client
// sent.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "model/audit_entry.hpp"

namespace postern {

struct ActionCount {
  std::string action;
  std::string outcome;
  std::uint64_t count = 0;
};

class ActionCounts {
 public:
  void add(std::span<const AuditEntry> entries);
  /// Since the process began, in the order of their first appearance.
  std::vector<ActionCount> all() const;

 private:
  ActionCount& count_of(const AuditEntry& entry);

  mutable std::mutex mutex_;
  std::vector<ActionCount> counts_;
};

}  // namespace postern
