// A wake-up between threads: "something may have changed, look again".
//
// Thread contract: all members may be called from any thread.
// Carries no data and counts nothing: several notifications may end one wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace postern {

class Signal {
 public:
  void notify() {
    {
      const std::lock_guard lock(mutex_);
      ++generation_;
    }
    changed_.notify_all();
  }

  /// The current generation; pass it to wait() so that no notification in between is missed.
  std::uint64_t generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }

  /// Waits until notify() was called after `seen` was read; false on time-out.
  bool wait(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return generation_ != seen; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t generation_ = 0;
};

}  // namespace postern
