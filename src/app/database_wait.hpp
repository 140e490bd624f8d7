// The start of a process waits for its database, which may come up with it.
//
// Thread contract: for the start of a process.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/config_limits.hpp"
#include "store_sql/database_probe.hpp"

namespace postern {

struct DatabaseWait {
  std::function<DatabaseProbe()> probe;
  /// Waits that long; true when the process is asked to stop.
  std::function<bool(std::chrono::milliseconds)> pause;
  /// Gets one line when the wait begins and one when it ends well.
  std::function<void(const std::string&)> say;
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::chrono::milliseconds limit = limits::kDatabaseWait;
};

/// False when the process is asked to stop meanwhile. Throws StartError when the database refuses
/// us, at once, and when it is still away at the limit.
bool wait_for_database(const DatabaseWait& wait);

}  // namespace postern
