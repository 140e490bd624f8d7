// How many events a key may have in windows of time, for a bounded number of keys.
//
// The generic cell rate algorithm, as in http/rate_limiter.hpp, over text keys and wall-clock time:
// a burst of `count` passes, then one event every window/count.
//
// For each rate 16 bytes a key: its hash, and when its whole burst is there again. Buckets of 8; a
// full one makes the table larger, up to its limit, and then forgets the key that has most of its
// burst: a key that was exhausted outlives any number of new ones. Thread contract: belongs to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "crypto/keyed_hash.hpp"
#include "text/units.hpp"

namespace postern {

/// The hash of a key; never 0.
using RateKey = std::uint64_t;

/// One rate.
class KeyedRate {
 public:
  /// `max_keys` is rounded up to 8 times a power of two.
  KeyedRate(const Rate& rate, std::size_t max_keys);

  /// Whether one more event of this key may pass; counts nothing.
  bool has_room(RateKey key, TimePoint now) const;
  void count(RateKey key, TimePoint now);

  /// Keys for which there is room in memory now.
  std::size_t capacity() const { return entries_.size(); }

 private:
  using Microseconds = std::chrono::microseconds;
  using Time = std::chrono::sys_time<Microseconds>;
  struct Entry {
    /// 0: never used.
    RateKey key = 0;
    Time whole_at = {};
  };

  std::size_t bucket_of(RateKey key) const;
  const Entry* find(RateKey key) const;
  Entry& place_for(RateKey key, Time now);
  /// The entry of the bucket that is worth least.
  Entry& cheapest_in(std::size_t bucket);
  /// Also what a clock that has been set back since counted further ahead than a window.
  bool is_over(const Entry& entry, Time now) const;
  void grow(Time now);

  Microseconds interval_;
  Microseconds window_;
  std::size_t max_keys_;
  std::vector<Entry> entries_;
};

/// All rates of one kind of key: an event needs room in each. Without rates there is always room.
class KeyedRates {
 public:
  KeyedRates(const std::vector<Rate>& rates, std::size_t max_keys);

  RateKey key_of(std::string_view key) const { return hash_(key) | 1; }
  bool has_room(RateKey key, TimePoint now) const;
  void count(RateKey key, TimePoint now);

 private:
  KeyedHash hash_;
  std::vector<KeyedRate> rates_;
};

}  // namespace postern
