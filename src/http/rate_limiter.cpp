#include "http/rate_limiter.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace postern {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

std::chrono::nanoseconds interval_of(std::uint64_t count, std::chrono::nanoseconds window) {
  const auto parts = static_cast<std::int64_t>(std::max<std::uint64_t>(count, 1));
  return std::max(window / parts, std::chrono::nanoseconds(1));
}

}  // namespace

RateLimiter::RateLimiter(std::uint64_t count, std::chrono::milliseconds window,
                         std::size_t max_keys)
    : enabled_(count > 0),
      interval_(interval_of(count, window)),
      tolerance_(window - interval_),
      max_keys_(max_keys),
      index_(0, Hash{random_seed()}) {}

std::optional<std::chrono::nanoseconds> RateLimiter::refuse(const IpAddress& client, Time now) {
  if (!enabled_) return std::nullopt;
  const IpAddress key = client.limit_key();
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    forget(now);
    entries_.push_back(Entry{key, now + interval_});
    index_.emplace(key, std::prev(entries_.end()));
    return std::nullopt;
  }
  const auto entry = found->second;
  entries_.splice(entries_.end(), entries_, entry);
  const Time start = std::max(entry->whole_at, now);
  if (start - now > tolerance_) return start - now - tolerance_;
  entry->whole_at = start + interval_;
  return std::nullopt;
}

void RateLimiter::forget(Time now) {
  // Two for each newcomer: what has expired goes away without a sweep that would hold others up.
  for (int i = 0; i < 2 && !entries_.empty(); ++i) {
    if (entries_.size() < max_keys_ && entries_.front().whole_at > now) return;
    index_.erase(entries_.front().key);
    entries_.pop_front();
  }
}

std::size_t RateLimiter::keys() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t RateLimiter::Hash::operator()(const IpAddress& address) const {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  return mix(mix(halves[0] ^ seed) ^ halves[1]);
}

}  // namespace postern
