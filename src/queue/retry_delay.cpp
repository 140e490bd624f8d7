#include "queue/retry_delay.hpp"

#include <algorithm>
#include <array>

namespace postern {
namespace {

using namespace std::chrono_literals;

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

}  // namespace postern
