// Whether the threads that do the process's work make progress: the proof behind each notification
// of the watchdog.
//
//   begin() ─► each check starts ─► its thread gets to it ─► passed
//   all_passed(): the process is alive, and the next round may begin
//
// Thread contract: the members belong to one thread. A check reports on any thread, also after its
// Liveness is gone.
// Says nothing about databases and servers: a thread that waits for one has a deadline and passes
// its check after it. A restart would not bring them back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace postern {

class Liveness {
 public:
  /// Calls `passed` when the thread gets to it; may be called again before that.
  using Check = std::function<void(std::function<void()> passed)>;

  void add(Check check);
  /// The thread passes when `rounds`, which it counts, has changed since the last call.
  void add_counter(std::function<std::uint64_t()> rounds);

  /// Starts a round: no check has passed.
  void begin();
  /// Starts the checks that have not passed in this round once more.
  void repeat();
  bool all_passed() const;

 private:
  struct Entry {
    Check check;
    std::shared_ptr<std::atomic<bool>> passed;
  };

  std::vector<Entry> entries_;
};

}  // namespace postern
