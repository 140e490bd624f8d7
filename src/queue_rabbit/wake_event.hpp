// Ends a wait for a socket from another thread.
//
// Thread contract: raise() from any thread, everything else from the one that waits.
#pragma once

#include <chrono>

namespace postern {

class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  void raise();
  /// Whether raise() was called since the last time; forgets it.
  bool take();
  /// Until `socket` can be read (-1: no socket), raise() was called, or the deadline.
  void wait(int socket, std::chrono::steady_clock::time_point deadline);

 private:
  int fd_;
};

}  // namespace postern
