// An operator's view of the outbox, and the commands for its dead letters. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/outbox_row.hpp"

namespace postern {

/// The rows of the outbox by what they wait for; a row is counted in one place only.
struct OutboxCensus {
  std::int64_t waiting = 0;
  /// Of those that wait.
  std::int64_t bulk = 0;
  std::int64_t leased = 0;
  /// Not available yet: how many are due within each of the given times, and in none before it.
  std::vector<std::int64_t> deferred = {};
  std::int64_t dead = 0;
};

/// A row that was given up.
struct DeadRow {
  OutboxRow row = {};
  std::string reason = {};
  TimePoint dead_at = {};
};

/// A dead letter that is to live again, with its new body.
struct DeadReplay {
  std::string id;
  std::string body;
};

}  // namespace postern
