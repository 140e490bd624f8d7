#include "app/stop_signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

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

void StopSignals::wait() {
  const auto set = stop_set();
  int received = 0;
  sigwait(&set, &received);
}

DrainLimit::DrainLimit(std::chrono::seconds limit) {
  // _exit is one of the few things a signal handler may do.
  signal(SIGALRM, [](int) { _exit(1); });
  alarm(static_cast<unsigned>(limit.count()));
}

DrainLimit::~DrainLimit() { alarm(0); }

}  // namespace postern
