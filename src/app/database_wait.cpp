#include "app/database_wait.hpp"

#include "app/wiring.hpp"

namespace postern {

bool wait_for_database(const DatabaseWait& wait) {
  const auto begun = wait.now();
  for (bool waiting = false;; waiting = true) {
    const auto probe = wait.probe();
    if (probe.state == DatabaseProbe::State::kReady) {
      if (waiting) wait.say("the database answers");
      return true;
    }
    const auto fault = "DATABASE_URL: " + probe.detail;
    if (probe.state == DatabaseProbe::State::kRefused) throw StartError(fault);
    const auto limit_s = std::chrono::duration_cast<std::chrono::seconds>(wait.limit).count();
    if (wait.now() - begun >= wait.limit) {
      throw StartError(fault + " (waited " + std::to_string(limit_s) + " s)");
    }
    if (!waiting) {
      wait.say("waiting up to " + std::to_string(limit_s) + " s for the database: " + probe.detail);
    }
    if (wait.pause(limits::kDatabaseWaitPoll)) return false;
  }
}

}  // namespace postern
