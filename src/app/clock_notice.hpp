// One log line that names clocks that differ: for SessionServices::clock_ahead.
//
// Thread contract: may be called from any thread; copies share what was said last.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/login_limits.hpp"

namespace postern {

class ClockNotice {
 public:
  explicit ClockNotice(Logger& log) : log_(log) {}

  void operator()(Duration ahead) const {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(said_->mutex);
      if (said_->at && now - *said_->at < limits::kClockNoticeGap) return;
      said_->at = now;
    }
    log_.warn(
        "the clocks of worker and app differ: a mail link was made in the app's future; "
        "synchronise both clocks (NTP)",
        {{"worker_ahead_s", std::chrono::floor<std::chrono::seconds>(ahead).count()}});
  }

 private:
  struct Said {
    std::mutex mutex;
    std::optional<std::chrono::steady_clock::time_point> at;
  };

  Logger& log_;
  std::shared_ptr<Said> said_ = std::make_shared<Said>();
};

}  // namespace postern
