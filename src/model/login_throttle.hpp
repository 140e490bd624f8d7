// The count of wrong passwords in a row: for one address from everywhere, for one address
// from one client network, by one known device, or in one session. Plain data.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace postern {

struct LoginThrottle {
  /// SHA-256 of what is counted by, as base64url: what others type is not kept.
  std::string key;
  /// Attempts without a success since; one that is under way counts already.
  std::int64_t failures = 0;
  /// The next attempt not before this time.
  TimePoint next_at;
};

/// Attempts that turned out not to be wrong are taken off a throttle again.
struct ThrottleRefund {
  std::string key;
  std::int64_t failures = 0;
  /// Its next_at from now on.
  TimePoint next_at;
};

}  // namespace postern
