// The limits of logins and sessions; part of limits.hpp, which is what others include.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::limits {

using namespace std::chrono_literals;

// Sessions and access tokens
/// A login beyond it ends the session that was silent longest.
inline constexpr std::size_t kSessionsPerAccount = 64;
/// How long the refresh token before the current one still gets the same successor: parallel tabs.
inline constexpr auto kRefreshGrace = 10s;
/// A session's last use is noted no more often.
inline constexpr auto kSessionTouch = 60s;
inline constexpr auto kAccessTokenLife = 24h;
inline constexpr std::size_t kUserAgentBytes = 200;
inline constexpr std::size_t kDisplayNameBytes = 200;
inline constexpr auto kSigningKeyReload = 5s;
inline constexpr auto kSigningKeyReloadGap = 1s;
/// Access tokens in use whose signature is not checked again until the keys are reloaded.
inline constexpr std::size_t kVerifiedTokens = 2048;
/// A new key is published for so long before it signs; longer than others may keep the key set.
inline constexpr auto kSigningKeyNotice = 120s;
inline constexpr auto kKeySetAge = 60s;
/// Expired sessions and login throttles: how often they are removed, and how many of each at once.
inline constexpr auto kExpiredRound = 60s;
inline constexpr std::int64_t kExpiredBatch = 10'000;
/// Rows of the audit and of emails' states that one transaction looks at, the pause after it, and
/// after having been through all of them.
inline constexpr std::int64_t kRetentionBatch = 500;
inline constexpr auto kRetentionPause = 100ms;
inline constexpr auto kRetentionRound = 1h;
/// No retention is shorter: the life of an email, and a day to look at what became of it.
inline constexpr auto kRetentionMin = 48h;

// Logins: so many wrong passwords pass at once, then each costs a delay that doubles; at the last
// one only a password set by email opens the account again.
inline constexpr std::int64_t kLoginFreeFailures = 5;
inline constexpr std::int64_t kLoginFailures = 100;
inline constexpr auto kLoginDelayMin = 1s;
inline constexpr auto kLoginDelayMax = 15min;
inline constexpr auto kLoginThrottleLife = 24h * 30;
inline constexpr std::int64_t kLoginThrottles = 1'000'000;

}  // namespace postern::limits
