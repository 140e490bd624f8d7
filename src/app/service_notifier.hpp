// Notifies the service manager of the process's state: systemd's protocol of sd_notify(3), which is
// one datagram to the socket in NOTIFY_SOCKET.
//
// Thread contract: const members may be called from any thread.
// Without NOTIFY_SOCKET nothing is sent. A notification that fails is not repeated: the service
// manager acts on its own time-outs.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class ServiceNotifier {
 public:
  /// The value of an environment variable, nullptr where it is not set.
  using Environment = std::function<const char*(const char* name)>;

  /// Reads NOTIFY_SOCKET (a path, or @ and an abstract name), WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceNotifier(const Environment& environment);

  /// How long the service manager waits for alive() before it ends the process; nothing where it
  /// does not.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  /// The process serves.
  void ready() const { send("READY=1"); }
  /// The process finishes what is in flight, and ends.
  void stopping() const { send("STOPPING=1"); }
  /// The process's threads make progress.
  void alive() const { send("WATCHDOG=1"); }

 private:
  void send(std::string_view state) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace postern
