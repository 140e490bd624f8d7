// The delay before a job's next try: 10 s, 1 m, 10 m, then 1 h each time, unless the caller asks
// for another.
//
// Thread contract: pure functions.
// The steps are part of the queue contract: each is a retry queue by name.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

struct RetryStep {
  /// Last part of the retry queue's name.
  std::string_view name;
  Duration delay;
};

enum class RetryAfter {
  /// By the number of earlier tries.
  kBackOff,
  /// The first step: it was not tried.
  kShortly,
  /// It waits for nothing but a relay: at the end of the queue.
  kAtOnce,
  /// It may have arrived: the back-off, and limits::kUnknownOutcomePause at least.
  kUnknownPause,
};

std::span<const RetryStep> retry_steps();

/// The step after `attempts` earlier tries; the last one for all that follow.
const RetryStep& retry_step(int attempts);
/// For RetryAfter::kAtOnce the first one, which is not waited for.
const RetryStep& retry_step(RetryAfter after, int attempts);

/// The delay of that step, spread so that not all come again together, by `spread_percent` of
/// limits::kRetryJitterPercent; an unknown outcome's is never shorter.
Duration retry_delay(RetryAfter after, int attempts, int spread_percent);

}  // namespace postern
