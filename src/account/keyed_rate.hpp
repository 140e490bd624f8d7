// How many events a key may have in a window of time, for a bounded number of keys.
//
// The generic cell rate algorithm, as in http/rate_limiter.hpp, over text keys and wall-clock time:
// a burst of `count` passes, then one event every window/count.
//
// 16 bytes a key: its hash, and when its whole burst is there again. Buckets of 8; a full one makes
// the table larger, up to its limit, and then forgets the key that has most of its burst: a key
// that was exhausted outlives any number of new ones. Thread contract: belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "crypto/keyed_hash.hpp"
#include "text/units.hpp"

namespace postern {

class KeyedRate {
 public:
  /// `max_keys` is rounded up to 8 times a power of two.
  KeyedRate(const Rate& rate, std::size_t max_keys);

  /// Whether one more event of this key may pass; counts nothing.
  bool has_room(std::string_view key, TimePoint now) const;
  void count(std::string_view key, TimePoint now);

  /// Keys for which there is room in memory now.
  std::size_t capacity() const { return entries_.size(); }

 private:
  using Microseconds = std::chrono::microseconds;
  using Time = std::chrono::sys_time<Microseconds>;
  struct Entry {
    /// 0: never used.
    std::uint64_t key = 0;
    Time whole_at = {};
  };

  /// Never 0.
  std::uint64_t key_of(std::string_view key) const;
  std::size_t bucket_of(std::uint64_t key) const;
  const Entry* find(std::uint64_t key) const;
  Entry& place_for(std::uint64_t key, Time now);
  /// The entry of the bucket that is worth least.
  Entry& cheapest_in(std::size_t bucket);
  /// Also what a clock that has been set back since counted further ahead than a window.
  bool is_over(const Entry& entry, Time now) const;
  void grow(Time now);

  Microseconds interval_;
  Microseconds window_;
  std::size_t max_keys_;
  KeyedHash hash_;
  std::vector<Entry> entries_;
};

}  // namespace postern
