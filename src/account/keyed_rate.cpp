#include "account/keyed_rate.hpp"

#include <algorithm>

namespace postern {

KeyedRate::KeyedRate(const Rate& rate, std::size_t max_keys)
    : interval_(std::max(Microseconds(rate.window) / static_cast<std::int64_t>(rate.count),
                         Microseconds(1))),
      window_(rate.window),
      max_keys_(max_keys) {}

bool KeyedRate::has_room(std::string_view key, TimePoint now) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return true;
  const auto ahead = found->second.whole_at - now;
  // Further ahead than a window it was counted by a clock that has been set back since.
  return ahead <= window_ - interval_ || ahead > window_;
}

void KeyedRate::count(std::string_view key, TimePoint now) {
  auto found = index_.find(key);
  if (found == index_.end()) {
    forget(now);
    found = index_.emplace(key, Entry{now, {}}).first;
    found->second.place = order_.insert(order_.end(), found->first);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  Time& whole_at = found->second.whole_at;
  const bool set_back = whole_at - now > window_;
  whole_at = (set_back ? Time(now) : std::max(whole_at, Time(now))) + interval_;
}

void KeyedRate::forget(Time now) {
  // Two for each newcomer: what has expired goes without a sweep.
  for (int i = 0; i < 2 && !order_.empty(); ++i) {
    const auto oldest = index_.find(order_.front());
    if (index_.size() < max_keys_ && oldest->second.whole_at > now) return;
    order_.pop_front();
    index_.erase(oldest);
  }
}

}  // namespace postern
