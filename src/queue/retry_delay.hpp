// How long a job waits before its next try: 10 s, 1 m, 10 m, then 1 h each time.
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

std::span<const RetryStep> retry_steps();

/// The step after `attempts` earlier tries; the last one for all that follow.
const RetryStep& retry_step(int attempts);

}  // namespace postern
