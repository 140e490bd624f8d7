#include "app/watchdog.hpp"

#include <algorithm>

namespace postern {
namespace {

using std::chrono::milliseconds;

/// Of the watchdog's time: the wait between two notifications, and between two looks at checks that
/// are late.
constexpr int kBetweenNotifications = 2;
constexpr int kBetweenLooks = 16;
/// Without a watchdog there is nothing to do but to wait.
constexpr milliseconds kLong = std::chrono::hours(24);

milliseconds part(std::chrono::microseconds time, int of) {
  return std::max(std::chrono::duration_cast<milliseconds>(time / of), milliseconds(1));
}

}  // namespace

void serve_until(const std::function<bool(milliseconds)>& stopped, const ServiceNotifier& notifier,
                 Liveness& liveness) {
  const auto time = notifier.watchdog();
  if (!time) {
    while (!stopped(kLong)) continue;
    return;
  }
  for (;;) {
    liveness.begin();
    if (stopped(part(*time, kBetweenNotifications))) return;
    for (liveness.repeat(); !liveness.all_passed(); liveness.repeat()) {
      if (stopped(part(*time, kBetweenLooks))) return;
    }
    notifier.alive();
  }
}

}  // namespace postern
