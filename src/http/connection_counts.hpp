// The counts of a server's connections. Plain data.
#pragma once

#include <cstdint>

namespace postern {

struct ConnectionCounts {
  std::uint64_t open = 0;
  /// Newcomers that were turned away: their client has its share, or all connections are at work.
  std::uint64_t refused_client = 0;
  std::uint64_t refused_total = 0;
  /// Closed to make room: idle, before the request was complete, before the response was read.
  std::uint64_t evicted_keep_alive = 0;
  std::uint64_t evicted_request = 0;
  std::uint64_t evicted_response = 0;
};

}  // namespace postern
