// How many events a key may have in a window of time, for a bounded number of keys.
//
// The generic cell rate algorithm, as in http/rate_limiter.hpp, over text keys and wall-clock time:
// a burst of `count` passes, then one event every window/count.
// Thread contract: belongs to one thread.
// Holds no more than `max_keys`: the key that was silent longest is forgotten first. An ordered
// map, so that nobody can choose keys that collide.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "text/units.hpp"

namespace postern {

class KeyedRate {
 public:
  KeyedRate(const Rate& rate, std::size_t max_keys);
  KeyedRate(KeyedRate&&) = default;
  // order_ points into index_.
  KeyedRate(const KeyedRate&) = delete;

  /// Whether one more event of this key may pass; counts nothing.
  bool has_room(std::string_view key, TimePoint now) const;
  void count(std::string_view key, TimePoint now);

  std::size_t keys() const { return index_.size(); }

 private:
  using Microseconds = std::chrono::microseconds;
  using Time = std::chrono::sys_time<Microseconds>;
  struct Entry {
    /// When the whole burst is there again.
    Time whole_at;
    std::list<std::string_view>::iterator place;
  };
  using Index = std::map<std::string, Entry, std::less<>>;

  void forget(Time now);

  Microseconds interval_;
  Microseconds window_;
  std::size_t max_keys_;
  Index index_;
  /// Views of the index' keys; the one that was silent longest is in front.
  std::list<std::string_view> order_;
};

}  // namespace postern
