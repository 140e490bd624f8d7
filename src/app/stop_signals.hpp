// SIGTERM and SIGINT, taken by the main thread at a place of its choice.
//
// Thread contract: make it before any other thread starts, so that all of them inherit the mask.
#pragma once

#include <chrono>

namespace postern {

class StopSignals {
 public:
  /// Blocks the signals in this thread and all that it starts; SIGPIPE is ignored.
  StopSignals();
  /// Waits at most `time`; true when a signal has come, now or in an earlier call.
  bool wait_for(std::chrono::milliseconds time);

 private:
  bool came_ = false;
};

/// Ends the process with exit code 1 when its drain takes longer than `limit`; what was not
/// finished comes again by its lease or its missing ack.
class DrainLimit {
 public:
  explicit DrainLimit(std::chrono::seconds limit);
  ~DrainLimit();
  DrainLimit(const DrainLimit&) = delete;
  DrainLimit& operator=(const DrainLimit&) = delete;
};

}  // namespace postern
