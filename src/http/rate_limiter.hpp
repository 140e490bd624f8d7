// Limits the requests of one client address in a window of time.
//
// The generic cell rate algorithm: a key holds the time at which its allowance is whole again.
// A burst of `count` passes at once, then one request every window/count. That is exact, and needs
// one number a key.
// Thread contract: all members may be called from any thread.
// Holds no more than `max_keys`: the address that was silent longest is forgotten first.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "http/client_address.hpp"

namespace postern {

class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `count` 0: everything passes.
  RateLimiter(std::uint64_t count, std::chrono::milliseconds window, std::size_t max_keys);

  /// Nothing when the request may pass, else how long the client should wait.
  std::optional<std::chrono::nanoseconds> refuse(const IpAddress& client, Time now);

  std::size_t keys() const;

 private:
  struct Entry {
    IpAddress key;
    Time whole_at;
  };
  /// Seeded, so that no client can choose addresses that collide.
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const IpAddress& address) const;
  };

  void forget(Time now);

  const bool enabled_;
  const std::chrono::nanoseconds interval_;
  const std::chrono::nanoseconds tolerance_;
  const std::size_t max_keys_;
  mutable std::mutex mutex_;
  /// The one that was silent longest is in front.
  std::list<Entry> entries_;
  std::unordered_map<IpAddress, std::list<Entry>::iterator, Hash> index_;
};

}  // namespace postern
