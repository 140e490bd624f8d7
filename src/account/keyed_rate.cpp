#include "account/keyed_rate.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace postern {
namespace {

using Microseconds = std::chrono::microseconds;

std::int64_t to_us(TimePoint time) { return Microseconds(time.time_since_epoch()).count(); }

/// Also what a clock that has been set back since counted further ahead than a window.
bool is_over(std::int64_t whole_at, std::int64_t window, std::int64_t now) {
  return whole_at <= now || whole_at - now > window;
}

}  // namespace

KeyedRates::KeyedRates(const std::vector<Rate>& rates, std::size_t max_keys)
    : max_buckets_(std::bit_ceil(std::max(max_keys, kWays)) / kWays),
      keys_(kWays),
      whole_at_(kWays * rates.size()) {
  for (const auto& rate : rates) {
    const std::int64_t window = Microseconds(rate.window).count();
    paces_.push_back(
        {std::max<std::int64_t>(window / static_cast<std::int64_t>(rate.count), 1), window});
  }
}

bool KeyedRates::has_room(RateKey key, TimePoint now) const {
  const auto whole_at = find(key);
  const std::int64_t now_us = to_us(now);
  for (std::size_t i = 0; i < whole_at.size(); ++i) {
    const auto& [interval, window] = paces_[i];
    if (!postern::is_over(whole_at[i], window, now_us) && whole_at[i] - now_us > window - interval)
      return false;
  }
  return true;
}

void KeyedRates::count(RateKey key, TimePoint now) {
  if (paces_.empty()) return;
  const std::int64_t now_us = to_us(now);
  const Place place = place_for(key, now_us);
  for (std::size_t i = 0; i < paces_.size(); ++i) {
    auto& whole_at = place.whole_at[i];
    const bool over = postern::is_over(whole_at, paces_[i].window, now_us);
    whole_at = (over ? now_us : whole_at) + paces_[i].interval;
  }
}

void KeyedRates::give_back(RateKey key) {
  const std::size_t first = bucket_of(key) * kWays;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (keys_[first + way] != key) continue;
    const Place known = place(bucket_of(key), way);
    for (std::size_t i = 0; i < paces_.size(); ++i) known.whole_at[i] -= paces_[i].interval;
  }
}

KeyedRates::Place KeyedRates::place(std::size_t bucket, std::size_t way) {
  const std::size_t at = bucket * kWays + way;
  return {&keys_[at], std::span(whole_at_).subspan(at * paces_.size(), paces_.size())};
}

std::size_t KeyedRates::bucket_of(RateKey key) const {
  // The lowest bit says nothing; the number of buckets is a power of two.
  return (key >> 1) & (buckets_ - 1);
}

std::span<const std::int64_t> KeyedRates::find(RateKey key) const {
  const std::size_t first = bucket_of(key) * kWays;
  for (std::size_t at = first; at < first + kWays; ++at) {
    if (keys_[at] == key) return std::span(whole_at_).subspan(at * paces_.size(), paces_.size());
  }
  return {};
}

KeyedRates::Place KeyedRates::place_for(RateKey key, std::int64_t now) {
  for (std::size_t way = 0; way < kWays; ++way) {
    const Place known = place(bucket_of(key), way);
    if (*known.key == key) return known;
  }
  Place free = cheapest_in(bucket_of(key));
  while (!is_over(free.whole_at, now) && buckets_ < max_buckets_) {
    grow(now);
    free = cheapest_in(bucket_of(key));
  }
  *free.key = key;
  std::ranges::fill(free.whole_at, 0);
  return free;
}

KeyedRates::Place KeyedRates::cheapest_in(std::size_t bucket) {
  std::size_t cheapest = 0;
  std::int64_t least = 0;
  for (std::size_t way = 0; way < kWays; ++way) {
    const std::int64_t cost = std::ranges::max(place(bucket, way).whole_at);
    if (way > 0 && cost >= least) continue;
    least = cost;
    cheapest = way;
  }
  return place(bucket, cheapest);
}

bool KeyedRates::is_over(std::span<const std::int64_t> whole_at, std::int64_t now) const {
  for (std::size_t i = 0; i < paces_.size(); ++i) {
    if (!postern::is_over(whole_at[i], paces_[i].window, now)) return false;
  }
  return true;
}

void KeyedRates::grow(std::int64_t now) {
  const std::size_t size = paces_.size();
  buckets_ *= 2;
  const auto keys = std::exchange(keys_, std::vector<std::uint64_t>(capacity()));
  const auto times = std::exchange(whole_at_, std::vector<std::int64_t>(capacity() * size));
  for (std::size_t at = 0; at < keys.size(); ++at) {
    const auto whole_at = std::span(times).subspan(at * size, size);
    if (is_over(whole_at, now)) continue;
    const Place to = cheapest_in(bucket_of(keys[at]));
    *to.key = keys[at];
    std::ranges::copy(whole_at, to.whole_at.begin());
  }
}

}  // namespace postern
