// `postern check`: does everything answer that the configuration names?
#pragma once

#include "app/config.hpp"

namespace postern {

/// Prints one line a part; false when one of them failed.
bool check(const Config& config);

}  // namespace postern
