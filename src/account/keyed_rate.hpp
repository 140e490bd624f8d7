// Limits the events of a key in windows of time, for a bounded number of keys.
//
// The generic cell rate algorithm, as in http/rate_limiter.hpp, over text keys and wall-clock time:
// a burst of `count` passes, then one event every window/count. An event needs room in every rate.
//
// 8 bytes a key for its hash, and 8 for each rate: when its whole burst is there again. Buckets of
// 8 keys, whose hashes share a cache line; a full bucket makes the table larger, up to its limit,
// and then forgets the key that has most of its burst: a key that was exhausted outlives any number
// of new ones. Thread contract: belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "crypto/keyed_hash.hpp"
#include "text/units.hpp"

namespace postern {

/// The hash of a key; never 0.
using RateKey = std::uint64_t;

class KeyedRates {
 public:
  /// Without rates there is always room. `max_keys` is rounded up to 8 times a power of two.
  KeyedRates(const std::vector<Rate>& rates, std::size_t max_keys);

  RateKey key_of(std::string_view key) const { return hash_(key) | 1; }
  /// Whether one more event of this key may pass; counts nothing.
  bool has_room(RateKey key, TimePoint now) const;
  void count(RateKey key, TimePoint now);
  /// Takes one event back that was counted.
  void give_back(RateKey key);

  /// Keys for which there is room in memory now.
  std::size_t capacity() const { return buckets_ * kWays; }

 private:
  static constexpr std::size_t kWays = 8;
  /// In microseconds, as are the times in the table.
  struct Pace {
    std::int64_t interval;
    std::int64_t window;
  };
  /// Where a key is, or could be.
  struct Place {
    std::uint64_t* key;
    /// When its whole burst is there again: one time for each rate.
    std::span<std::int64_t> whole_at;
  };

  Place place(std::size_t bucket, std::size_t way);
  std::size_t bucket_of(RateKey key) const;
  /// The times of a key; empty when it is not known.
  std::span<const std::int64_t> find(RateKey key) const;
  Place place_for(RateKey key, std::int64_t now);
  /// The place in the bucket whose key has most of its burst.
  Place cheapest_in(std::size_t bucket);
  bool is_over(std::span<const std::int64_t> whole_at, std::int64_t now) const;
  void grow(std::int64_t now);

  KeyedHash hash_;
  std::vector<Pace> paces_;
  std::size_t max_buckets_;
  std::size_t buckets_ = 1;
  /// By bucket: eight hashes, 0 where there is no key.
  std::vector<std::uint64_t> keys_;
  /// By bucket and way: a time for each rate.
  std::vector<std::int64_t> whole_at_;
};

}  // namespace postern
