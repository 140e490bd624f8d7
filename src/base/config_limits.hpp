// The limits of configuration and start.
#pragma once

#include <chrono>
#include <cstddef>

namespace postern::limits {

using namespace std::chrono_literals;

inline constexpr std::size_t kEnvFileBytes = 1024 * 1024;
/// Secrets, keys and certificates.
inline constexpr std::size_t kSettingFileBytes = 1024 * 1024;
/// How many names of unknown settings one warning lists.
inline constexpr std::size_t kNamesInWarning = 10;
/// How long the start waits for its database, and how often it looks.
inline constexpr auto kDatabaseWait = 60s;
inline constexpr auto kDatabaseWaitPoll = 250ms;
/// How long a notification waits for room at the service manager.
inline constexpr auto kNotifyTimeout = 2s;
/// How long it may take to learn whether a database refuses us or is away.
inline constexpr auto kDatabaseRefusalTimeout = 3s;
/// `postern healthcheck`: below the time-outs that container engines give a probe.
inline constexpr auto kHealthcheckTimeout = 2s;
inline constexpr std::size_t kHealthResponseBytes = 4096;

}  // namespace postern::limits
