#include "queue/retry_delay.hpp"

#include <algorithm>
#include <array>

#include "base/mail_limits.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

static_assert(limits::kUnknownOutcomePause <= 1h);

constexpr std::array kSteps{
    RetryStep{"10s", 10s},
    RetryStep{"1m", 1min},
    RetryStep{"10m", 10min},
    RetryStep{"1h", 1h},
};

}  // namespace

std::span<const RetryStep> retry_steps() { return kSteps; }

const RetryStep& retry_step(int attempts) {
  const int last = static_cast<int>(kSteps.size()) - 1;
  return kSteps[static_cast<std::size_t>(std::clamp(attempts, 0, last))];
}

const RetryStep& retry_step(RetryAfter after, int attempts) {
  if (after == RetryAfter::kBackOff) return retry_step(attempts);
  const auto* step = kSteps.data();
  if (after == RetryAfter::kUnknownPause) {
    step = &retry_step(attempts);
    while (step->delay < limits::kUnknownOutcomePause) ++step;
  }
  return *step;
}

Duration retry_delay(RetryAfter after, int attempts, int spread_percent) {
  if (after == RetryAfter::kAtOnce) return Duration::zero();
  const Duration delay = retry_step(after, attempts).delay;
  const Duration spread = delay * limits::kRetryJitterPercent / 100 * spread_percent / 100;
  return after == RetryAfter::kUnknownPause ? delay + std::max(spread, Duration::zero())
                                            : delay + spread;
}

}  // namespace postern
