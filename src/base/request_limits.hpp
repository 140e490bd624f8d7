// The limits of accepted requests, and of the emails that they may cause. Included by limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::limits {

using namespace std::chrono_literals;

/// Requests are resolved together this long after the first of them, so that no response waits for
/// what an account costs; at once when as many wait.
inline constexpr auto kResolveDelay = 25ms;
inline constexpr std::size_t kResolveBatch = 256;
/// Requests that share a row: so many fit into a page of PostgreSQL's in the usual case.
inline constexpr std::size_t kRequestsPerRow = 24;
/// How long the process that accepted a request has for it before another one may take it over.
inline constexpr auto kRequestLease = 30s;
inline constexpr auto kRequestAdoption = 5s;
/// Rows that one transaction takes over.
inline constexpr std::size_t kAdoptedRows = 16;
/// Requests in memory that wait to be resolved; beyond: 503.
inline constexpr std::size_t kPendingRequests = 32'768;
/// After a failure of the database.
inline constexpr auto kResolvePause = 1s;
/// Keys of each limit that is kept in memory, at 16 bytes.
inline constexpr std::size_t kMailBudgetKeys = 16'384;
/// Confirmations beyond these are of bulk priority: by client network, and by all together.
inline constexpr std::uint64_t kClientBurst = 30;
inline constexpr std::uint64_t kMailBurst = 300;
inline constexpr auto kBurstWindow = 15s;
/// A note that the address has an account already is sent no more often.
inline constexpr auto kAlreadyRegisteredPause = 24h;

}  // namespace postern::limits
