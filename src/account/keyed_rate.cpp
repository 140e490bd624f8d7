#include "account/keyed_rate.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t kWays = 8;

}  // namespace

KeyedRate::KeyedRate(const Rate& rate, std::size_t max_keys)
    : interval_(std::max(Microseconds(rate.window) / static_cast<std::int64_t>(rate.count),
                         Microseconds(1))),
      window_(rate.window),
      max_keys_(std::bit_ceil(std::max(max_keys, kWays))),
      entries_(kWays) {}

bool KeyedRate::has_room(RateKey key, TimePoint now) const {
  const Entry* const entry = find(key);
  return !entry || is_over(*entry, now) || entry->whole_at - now <= window_ - interval_;
}

void KeyedRate::count(RateKey key, TimePoint now) {
  Entry& entry = place_for(key, now);
  entry.whole_at = (is_over(entry, now) ? Time(now) : entry.whole_at) + interval_;
}

std::size_t KeyedRate::bucket_of(RateKey key) const {
  // The lowest bit says nothing.
  return (key >> 1) % (entries_.size() / kWays) * kWays;
}

const KeyedRate::Entry* KeyedRate::find(RateKey key) const {
  const auto* const begin = entries_.data() + bucket_of(key);
  const auto* const end = begin + kWays;
  const auto* const found =
      std::find_if(begin, end, [&](const Entry& entry) { return entry.key == key; });
  return found == end ? nullptr : found;
}

KeyedRate::Entry& KeyedRate::place_for(RateKey key, Time now) {
  if (const Entry* const found = find(key)) return const_cast<Entry&>(*found);
  while (!is_over(cheapest_in(bucket_of(key)), now) && entries_.size() < max_keys_) grow(now);
  Entry& entry = cheapest_in(bucket_of(key));
  entry = {key, {}};
  return entry;
}

KeyedRate::Entry& KeyedRate::cheapest_in(std::size_t bucket) {
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(bucket);
  return *std::min_element(begin, begin + kWays,
                           [](const Entry& a, const Entry& b) { return a.whole_at < b.whole_at; });
}

bool KeyedRate::is_over(const Entry& entry, Time now) const {
  return entry.whole_at <= now || entry.whole_at - now > window_;
}

void KeyedRate::grow(Time now) {
  auto former = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
  for (const Entry& entry : former) {
    if (!is_over(entry, now)) cheapest_in(bucket_of(entry.key)) = entry;
  }
}

KeyedRates::KeyedRates(const std::vector<Rate>& rates, std::size_t max_keys) {
  for (const auto& rate : rates) rates_.emplace_back(rate, max_keys);
}

bool KeyedRates::has_room(RateKey key, TimePoint now) const {
  return std::ranges::all_of(rates_, [&](const auto& rate) { return rate.has_room(key, now); });
}

void KeyedRates::count(RateKey key, TimePoint now) {
  for (auto& rate : rates_) rate.count(key, now);
}

}  // namespace postern
