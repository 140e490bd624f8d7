// Removes what was kept long enough: entries of the audit, states of emails.
//
//   round ─► audit, the oldest first, until none is too old ─► a walk through all states ─► an hour
//
// Each step is one small task of the writer, and the writer has time of its own between two steps:
// a registration never waits for more than a step. The states have no index by time, which every
// registration would pay for; hence the walk.
//
// Thread contract: the constructor starts a thread, the destructor ends it. Two apps may prune
// together.
#pragma once

#include <atomic>
#include <thread>

#include "base/log.hpp"
#include "base/signal.hpp"
#include "store/writer.hpp"

namespace postern {

class RetentionJob {
 public:
  /// All of them outlive the retention job.
  RetentionJob(Writer& writer, const Clock& clock, Retention retention, Logger& log);
  ~RetentionJob();
  RetentionJob(const RetentionJob&) = delete;
  RetentionJob& operator=(const RetentionJob&) = delete;

 private:
  void loop();
  Status prune_audit();
  Status prune_mail_states();
  /// False when the retention job is to end.
  bool pause(std::chrono::steady_clock::duration time);

  Writer& writer_;
  const Clock& clock_;
  const Retention retention_;
  Logger& log_;
  std::atomic<bool> stopping_ = false;
  Signal stop_signal_;
  std::thread thread_;
};

}  // namespace postern
