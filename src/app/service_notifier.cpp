#include "app/service_notifier.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/config_limits.hpp"

namespace postern {
namespace {

std::string text_of(const ServiceNotifier::Environment& environment, const char* name) {
  const char* value = environment(name);
  return value ? value : "";
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

ServiceNotifier::ServiceNotifier(const Environment& environment)
    : socket_(text_of(environment, "NOTIFY_SOCKET")) {
  if (socket_.empty()) return;
  // The variables are inherited: another process's watchdog is not ours.
  const auto pid = text_of(environment, "WATCHDOG_PID");
  if (!pid.empty() && number(pid) != getpid()) return;
  if (const auto time = number(text_of(environment, "WATCHDOG_USEC"))) {
    watchdog_ = std::chrono::microseconds(*time);
  }
}

void ServiceNotifier::send(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path ends in NUL, and an abstract name begins with one.
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return;
  // A service manager that does not read must not keep the process from stopping.
  const timeval limit{limits::kNotifyTimeout.count(), 0};
  setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  static_cast<void>(sendto(file, state.data(), state.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), size));
  close(file);
}

}  // namespace postern
