// How many wrong passwords in a row were tried for one address, known or not. Plain data.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace postern {

struct LoginThrottle {
  /// SHA-256 of the address's canonical form, as base64url: strangers' typing is not kept.
  std::string key;
  /// Attempts without a success since; one that is under way counts already.
  std::int64_t failures = 0;
  /// The next attempt not before this time.
  TimePoint next_at;
};

}  // namespace postern
