// Deletes what is older than its retention period: one thread, whose steps retention_steps() lists.
//
//   round ─► one transaction of every step that is due ─► until the next step is due
//
// A step that has more to delete is due again after a pause, and after its period otherwise. Each
// transaction is small, and the writer has time of its own between two of them: a registration
// never waits for more than one, and no step waits for the whole round of another.
//
// Thread contract: the constructor starts a thread, the destructor stops it. Several processes may
// run the job at the same time. A step that fails or throws is logged, ends nothing, and begins its
// next round after its period.
#pragma once

#include <functional>
#include <vector>

#include "base/background_thread.hpp"
#include "base/log.hpp"

namespace postern {

struct RetentionStep {
  /// The log line of a failure.
  const char* failure = "";
  /// One transaction of a bounded number of rows. Returns whether more may be left to delete in
  /// this round; begins a new round after that, and after an error.
  std::function<Result<bool>()> run_once;
  /// Between two rounds.
  BackgroundThread::Time period{};
  /// Between two transactions of a round.
  BackgroundThread::Time pause{};
  /// Before the first round.
  BackgroundThread::Time first_wait{};
};

class RetentionJob {
 public:
  /// The log and the references in the steps outlive the job.
  RetentionJob(std::vector<RetentionStep> steps, Logger& log);
  ~RetentionJob() = default;
  RetentionJob(const RetentionJob&) = delete;
  RetentionJob& operator=(const RetentionJob&) = delete;

 private:
  struct Scheduled {
    RetentionStep step;
    std::chrono::steady_clock::time_point due;
  };

  static std::vector<Scheduled> schedule(std::vector<RetentionStep> steps);
  /// Returns how long to wait until the next step is due.
  BackgroundThread::Time run_due(const std::stop_token& stop);
  /// Returns how long to wait until the step is due again.
  BackgroundThread::Time run(const RetentionStep& step, const std::stop_token& stop);

  std::vector<Scheduled> steps_;
  Logger& log_;
  BackgroundThread thread_;
};

}  // namespace postern
