// Waits for the signal to stop, and meanwhile notifies the service manager's watchdog.
//
// Thread contract: for the main thread, which starts the checks and waits for nothing else; a
// thread that hangs holds back the notification and not this loop.
#pragma once

#include <chrono>
#include <functional>

#include "app/liveness.hpp"
#include "app/service_notifier.hpp"

namespace postern {

/// Returns when `stopped` does with true; it waits that long for the signal. Notifies at half of
/// the watchdog's time when all checks have passed, and otherwise as soon as they have.
void serve_until(const std::function<bool(std::chrono::milliseconds)>& stopped,
                 const ServiceNotifier& notifier, Liveness& liveness);

}  // namespace postern
