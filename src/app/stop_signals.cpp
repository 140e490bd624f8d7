#include "app/stop_signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>

namespace postern {
namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const auto set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::wait_for(std::chrono::milliseconds time) {
  const auto set = stop_set();
  const auto end = std::chrono::steady_clock::now() + time;
  while (!came_) {
    const auto left =
        std::chrono::ceil<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    const timespec limit{left.count() / kNanoseconds, left.count() % kNanoseconds};
    came_ = sigtimedwait(&set, nullptr, &limit) > 0;
  }
  return came_;
}

DrainLimit::DrainLimit(std::chrono::seconds limit) {
  // _exit is one of the few things a signal handler may do.
  signal(SIGALRM, [](int) { _exit(1); });
  alarm(static_cast<unsigned>(limit.count()));
}

DrainLimit::~DrainLimit() { alarm(0); }

}  // namespace postern
