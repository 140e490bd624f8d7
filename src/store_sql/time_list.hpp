// A short list of times in one column: Unix milliseconds between commas.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace postern {

std::string to_text(std::span<const TimePoint> times);
/// Up to the first thing that is no number.
std::vector<TimePoint> read_times(std::string_view text);

}  // namespace postern
