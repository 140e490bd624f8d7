// Counts the responses of one route and method by status, and their durations.
//
// Thread contract: any thread. Counting allocates nothing and takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/metrics.hpp"

namespace postern {

class RouteCounts {
 public:
  void count(int status, std::chrono::steady_clock::duration time);

  /// Of the family that was begun, each with `labels`; statuses that never were are left out.
  void write_statuses(MetricsText& text, const MetricsText::Labels& labels) const;
  void write_times(MetricsText& text, const MetricsText::Labels& labels) const;

 private:
  static constexpr int kLowest = 100;
  static constexpr int kHighest = 599;

  std::array<std::atomic<std::uint64_t>, kHighest - kLowest + 1> statuses_ = {};
  DurationHistogram times_;
};

}  // namespace postern
