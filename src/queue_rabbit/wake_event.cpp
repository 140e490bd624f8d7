#include "queue_rabbit/wake_event.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace postern {

WakeEvent::WakeEvent() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeEvent::~WakeEvent() { close(fd_); }

void WakeEvent::raise() { (void)eventfd_write(fd_, 1); }

bool WakeEvent::take() {
  eventfd_t count = 0;
  return eventfd_read(fd_, &count) == 0;
}

void WakeEvent::wait(int socket, std::chrono::steady_clock::time_point deadline) {
  std::array<pollfd, 2> fds{pollfd{fd_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds::zero()));
  (void)poll(fds.data(), fds.size(), static_cast<int>(left.count()));
}

}  // namespace postern
