// A named thread that repeats one round of work: round ─► wait ─► round … until it is stopped.
//
// Thread contract: wake() may be called from any thread; stop() and the destructor belong to the
// owner. The functions in Work run on the thread itself, and what they refer to outlives it: the
// owner declares the BackgroundThread as its last member.
// A round that throws ends neither the thread nor the process: its Error goes to `failed`, and the
// next round follows after `wait_after_failure`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/result.hpp"

namespace postern {

/// Waits within a round. Returns false, and does so immediately, when a stop is requested.
[[nodiscard]] bool pause(const std::stop_token& stop, std::chrono::steady_clock::duration time);

class BackgroundThread {
 public:
  using Time = std::chrono::steady_clock::duration;

  struct Work {
    /// 15 bytes at most, the limit of pthread_setname_np.
    const char* name = "";
    /// Returns how long to wait before the next round. A round that takes long observes `stop`.
    std::function<Time(const std::stop_token& stop)> round;
    /// Receives what a round threw; must not block.
    std::function<void(const Error&)> failed;
    Time wait_after_failure{};
    /// Before the first round.
    Time first_wait{};
    /// Runs once after the last round; may be empty.
    std::function<void()> at_end = {};
  };

  /// Starts the thread.
  explicit BackgroundThread(Work work);
  /// Stops the thread.
  ~BackgroundThread() = default;
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Ends the wait between two rounds; during a round, the next one follows without a wait.
  void wake();
  /// Returns when the round in progress and `at_end` have returned. May be called again.
  void stop();

 private:
  void loop(const std::stop_token& stop);
  void wait(const std::stop_token& stop, Time time);

  const Work work_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  // The last member: it starts after the others and ends before them.
  std::jthread thread_;
};

}  // namespace postern
