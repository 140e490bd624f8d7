#include "http/route_counts.hpp"

#include <algorithm>
#include <string>

namespace postern {

void RouteCounts::count(int status, std::chrono::steady_clock::duration time) {
  const auto index = static_cast<std::size_t>(std::clamp(status, kLowest, kHighest) - kLowest);
  statuses_[index].fetch_add(1, std::memory_order_relaxed);
  times_.observe(time);
}

void RouteCounts::write_statuses(MetricsText& text, const MetricsText::Labels& labels) const {
  for (std::size_t i = 0; i < statuses_.size(); ++i) {
    const auto count = statuses_[i].load(std::memory_order_relaxed);
    if (count == 0) continue;
    const auto status = std::to_string(kLowest + static_cast<int>(i));
    auto all = labels;
    all.emplace_back("status", status);
    text.sample(all, static_cast<double>(count));
  }
}

void RouteCounts::write_times(MetricsText& text, const MetricsText::Labels& labels) const {
  if (times_.count() > 0) times_.write(text, labels);
}

}  // namespace postern
