// Every limit has a name and stands here. Units last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/mail_limits.hpp"
#include "base/request_limits.hpp"
#include "base/session_limits.hpp"

namespace postern::limits {

using namespace std::chrono_literals;

// HTTP
inline constexpr std::size_t kHeaderBytes = 16 * 1024;
inline constexpr std::size_t kBodyBytes = 16 * 1024;
inline constexpr std::size_t kConnections = 4096;
inline constexpr auto kHeaderTimeout = 10s;
inline constexpr auto kResponseTimeout = 30s;
inline constexpr auto kIdleTimeout = 60s;
inline constexpr std::size_t kFormFields = 32;
inline constexpr std::size_t kFormFieldNameBytes = 128;
inline constexpr std::size_t kLimiterKeys = 1'000'000;
inline constexpr auto kDrainTimeout = 30s;
inline constexpr std::size_t kTargetBytes = 8 * 1024;
inline constexpr auto kLingerTimeout = 2s;
inline constexpr std::size_t kLingerBytes = 256 * 1024;
inline constexpr std::size_t kRequestIdBytes = 64;
inline constexpr std::size_t kForwardedHops = 32;
inline constexpr int kRequestsPerTurn = 16;
inline constexpr auto kAcceptBackoff = 100ms;

// Text
inline constexpr std::size_t kJsonDepth = 8;
/// Of the header and the claims of a token.
inline constexpr std::size_t kFlatJsonMembers = 64;
inline constexpr std::size_t kFlatJsonKeyBytes = 64;
inline constexpr std::size_t kFlatJsonTextBytes = 4096;
inline constexpr std::size_t kEmailBytes = 254;
inline constexpr std::size_t kEmailLocalBytes = 64;
inline constexpr std::size_t kUrlBytes = 2048;
inline constexpr std::size_t kPartHeaderBytes = 1024;
inline constexpr std::size_t kPartHeaders = 8;
inline constexpr std::size_t kHeaderParameters = 8;
inline constexpr std::size_t kLanguageRanges = 32;
inline constexpr auto kSettingDuration = 24h * 36'500;
inline constexpr unsigned long kRateCount = 1'000'000'000;

// Credentials
inline constexpr std::size_t kPasswordBytes = 1024;
inline constexpr std::size_t kPasswordLengthFloor = 8;
inline constexpr std::size_t kTokenBytes = 2048;
inline constexpr auto kClockSkew = 30s;
inline constexpr std::size_t kHashQueue = 64;
/// After this long without a hash, its threads give their memory back.
inline constexpr auto kHashMemoryIdle = 5s;
/// No email is worth anything longer, whatever its exp says.
inline constexpr auto kMailTokenLife = 24h;
/// The part that zxcvbn examines: its time can grow with the fifth power of the length ("2121…": 7
/// ms for 32 bytes, 270 ms for 64, 2.3 s for 100).
inline constexpr std::size_t kPasswordJudgedBytes = 32;
inline constexpr std::size_t kPersonalWords = 16;

// Store
inline constexpr std::size_t kWriterQueue = 8192;
inline constexpr std::size_t kWriterBatch = 1024;
/// Transactions that wait for a sync beside the one that is being synced.
inline constexpr std::size_t kUnsyncedBatches = 4;

// Databases
inline constexpr auto kSqliteBusyTimeout = 5s;
/// Pages of 4 KiB.
inline constexpr int kSqliteCheckpointPages = 4'000;
inline constexpr int kSqliteLogPages = 16'000;
inline constexpr int kSqliteCacheKib = 16 * 1024;
inline constexpr auto kDatabaseConnectTimeout = 5s;
inline constexpr auto kStatementTimeout = 10s;
inline constexpr auto kLockTimeout = 5s;
inline constexpr auto kIdleTransactionTimeout = 30s;
inline constexpr auto kDatabaseResponseTimeout = 15s;
inline constexpr auto kMigrationLockTimeout = 60s;

// Administration
inline constexpr std::size_t kAccountsListed = 50;
inline constexpr std::size_t kAccountsListedMost = 1000;
inline constexpr std::size_t kAccountsAtOnce = 500;
inline constexpr std::size_t kImportLineBytes = 8 * 1024;

// Web
inline constexpr auto kRetryAfter = 2s;

}  // namespace postern::limits
