// Limits of connections to the HTTP server: how many, how slow, and who makes room. Units last.
#pragma once

#include <chrono>
#include <cstddef>

namespace postern::limits {

using namespace std::chrono_literals;

/// The share of all connections that one client may have.
inline constexpr std::size_t kClientShare = 8;
/// Descriptors that connections never get: database, broker, TLS files, logs, event loops.
inline constexpr std::size_t kReservedDescriptors = 64;
inline constexpr std::size_t kDescriptorsPerIoThread = 4;
/// The old connection and the new one, while one takes the other's place.
inline constexpr std::size_t kDescriptorsPerSmtpConnection = 2;
inline constexpr std::size_t kAdminConnections = 64;
/// With fewer, the server starts with a warning.
inline constexpr std::size_t kConnectionsLeast = 16;

/// From its first byte to its last.
inline constexpr auto kRequestTimeout = 20s;
/// How long a body, and a response that is not read, may take without a byte; each byte then buys
/// time by the rate.
inline constexpr auto kBodyGrace = 5s;
inline constexpr auto kWriteGrace = 10s;
inline constexpr std::size_t kMinReadBytesPerSecond = 2 * 1024;
inline constexpr std::size_t kMinWriteBytesPerSecond = 4 * 1024;

/// A connection that did something more recently is not closed for another of the same client, and
/// is not the first to go when it is kept alive.
inline constexpr auto kEvictionGrace = 1s;
/// One search frees this part of the connections, so that a flood does not search for each.
inline constexpr std::size_t kEvictedPart = 64;
inline constexpr auto kEvictionPause = 100ms;
/// That may be resumed.
inline constexpr long kTlsSessions = 1024;
/// Unsent bytes that the kernel keeps of one connection.
inline constexpr int kUnsentBytes = 128 * 1024;

/// Zero bits that a proof of work has: about a second of a browser's script.
inline constexpr unsigned kWorkBits = 18;
inline constexpr auto kWorkLife = 10min;
/// Requests that one proof is good for.
inline constexpr unsigned kWorkUses = 4;
/// Proofs in memory.
inline constexpr std::size_t kWorkProofs = 16'384;

/// Parts of a quoted value with commas in a Forwarded header.
inline constexpr std::size_t kJoinedForwardedParts = 8;

/// Framing of a chunked body beside its content.
inline constexpr std::size_t kChunkFramingBytes = 256;
inline constexpr int kChunkSizeDigits = 8;

}  // namespace postern::limits
