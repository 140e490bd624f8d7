#include "base/log_repeats.hpp"

#include <algorithm>

namespace postern {
namespace {

constexpr auto kMinute = std::chrono::minutes(1);
/// So many identical lines pass in a minute.
constexpr std::int64_t kPass = 3;
constexpr std::size_t kLinesRemembered = 512;

}  // namespace

bool LogRepeats::admit(std::string_view event, const std::string& line, Time now) {
  const auto known = minutes_.find(line);
  if (known != minutes_.end()) return ++known->second.seen <= kPass;
  if (minutes_.size() >= kLinesRemembered) return true;
  minutes_.emplace(line, Minute{std::string(event), now + kMinute, 1});
  next_end_ = std::min(next_end_, now + kMinute);
  return true;
}

std::vector<LogRepeats::LeftOut> LogRepeats::take_ended(Time now) {
  std::vector<LeftOut> left_out;
  if (now < next_end_) return left_out;
  next_end_ = Time::max();
  for (auto minute = minutes_.begin(); minute != minutes_.end();) {
    const auto& [event, ends_at, seen] = minute->second;
    if (ends_at > now) {
      next_end_ = std::min(next_end_, ends_at);
      ++minute;
      continue;
    }
    if (seen > kPass) left_out.push_back({event, seen - kPass});
    minute = minutes_.erase(minute);
  }
  return left_out;
}

}  // namespace postern
