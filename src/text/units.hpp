// Settings with units: durations and rates.
//
// Thread contract: pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace postern {

/// "60m", "15s", "24h", "30d": a positive whole number and a unit. Error: invalid_duration.
Result<Duration> parse_duration(std::string_view text);

struct Rate {
  std::uint64_t count = 0;
  Duration window{};
};

/// "3/h": COUNT/UNIT with unit s, m, h or d; COUNT from 1 to 1000000000. Error: invalid_rate.
Result<Rate> parse_rate(std::string_view text);

/// "3/h,10/d": one to three rates, each of another unit; the shortest unit comes first in the
/// result. Blanks may stand around a comma. Error: invalid_rate.
Result<std::vector<Rate>> parse_rates(std::string_view text);

}  // namespace postern
