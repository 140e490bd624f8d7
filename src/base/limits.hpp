// Every limit of the house has a name, and stands here. Units last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/session_limits.hpp"

namespace postern::limits {

using namespace std::chrono_literals;

// HTTP
inline constexpr std::size_t kHeaderBytes = 16 * 1024;
inline constexpr std::size_t kBodyBytes = 16 * 1024;
inline constexpr std::size_t kConnections = 4096;
inline constexpr std::size_t kConnectionsPerAddress = 1024;
inline constexpr auto kHeaderTimeout = 10s;
inline constexpr auto kBodyTimeout = 10s;
inline constexpr auto kAnswerTimeout = 30s;
inline constexpr auto kIdleTimeout = 60s;
inline constexpr std::size_t kFormFields = 32;
inline constexpr std::size_t kFormFieldNameBytes = 128;
inline constexpr std::size_t kLimiterKeys = 1'000'000;
inline constexpr auto kDrainTimeout = 30s;
inline constexpr std::size_t kTargetBytes = 8 * 1024;
inline constexpr auto kWriteTimeout = 60s;
inline constexpr auto kLingerTimeout = 2s;
inline constexpr std::size_t kLingerBytes = 256 * 1024;
inline constexpr std::size_t kRequestIdBytes = 64;
inline constexpr std::size_t kForwardedHops = 32;
inline constexpr int kRequestsPerTurn = 16;
inline constexpr auto kAcceptBackoff = 100ms;

// Text
inline constexpr std::size_t kJsonDepth = 8;
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
/// No letter is worth anything longer, whatever its exp says.
inline constexpr auto kMailTokenLife = 24h;
/// What zxcvbn looks at: its time can grow with the fifth power of the length ("2121…": 7 ms for 32
/// bytes, 270 ms for 64, 2.3 s for 100).
inline constexpr std::size_t kPasswordJudgedBytes = 32;
inline constexpr std::size_t kPersonalWords = 16;

// Store
inline constexpr std::size_t kWriterQueue = 8192;
inline constexpr std::size_t kWriterBatch = 1024;

// Outbox, relay and queue
inline constexpr std::size_t kRelayBatch = 512;
inline constexpr std::size_t kRelayBusy = 16;
inline constexpr auto kRelayGather = 10ms;
inline constexpr auto kRelayLease = 30s;
inline constexpr auto kOutboxPoll = 1s;
inline constexpr std::int64_t kOutboxCount = 1'000'000;
inline constexpr auto kMailLease = 180s;
inline constexpr auto kMailJobLife = 24h;
inline constexpr std::size_t kJobBytes = 16 * 1024;
inline constexpr int kDeliveryLimit = 20;
/// More than the back-off can need in the life of a job.
inline constexpr int kOutboxTries = 50;
inline constexpr auto kConfirmTimeout = 20s;
inline constexpr auto kReconnectMin = 200ms;
inline constexpr auto kReconnectMax = 10s;
inline constexpr std::uint16_t kPrefetch = 128;
inline constexpr auto kBrokerConnectTimeout = 5s;
inline constexpr auto kBrokerCloseTimeout = 1s;
inline constexpr auto kBrokerHeartbeat = 15s;
inline constexpr std::size_t kBrokerHosts = 16;
inline constexpr std::size_t kMessageHeaders = 32;
inline constexpr std::size_t kReasonBytes = 512;
inline constexpr int kRetryJitterPercent = 10;
inline constexpr std::size_t kJobIdBytes = 64;

// Mail
inline constexpr std::size_t kMailBatch = 32;
inline constexpr std::size_t kRecentlySent = 50'000;
inline constexpr std::size_t kMailConnections = 4;
inline constexpr std::size_t kMailsPerConnection = 100;
inline constexpr auto kSmtpConnectTimeout = 10s;
inline constexpr auto kSmtpGreetingTimeout = 30s;
inline constexpr auto kSmtpCommandTimeout = 30s;
inline constexpr auto kSmtpDataTimeout = 60s;
inline constexpr auto kSmtpDeliveryTimeout = 120s;
inline constexpr std::size_t kSmtpReplyLineBytes = 2048;
inline constexpr std::size_t kSmtpReplyLines = 128;
inline constexpr auto kSmtpQuitTimeout = 2s;
inline constexpr auto kSmtpWarmIdle = 30s;
inline constexpr std::size_t kSmtpReasonBytes = 300;
inline constexpr std::size_t kMailLineBytes = 998;
inline constexpr std::size_t kTemplateBytes = 256 * 1024;
inline constexpr std::size_t kCapturedMails = 1000;
inline constexpr std::size_t kMailIdBytes = 64;
inline constexpr std::size_t kSenderNameBytes = 200;
inline constexpr std::size_t kLocaleBytes = 35;
inline constexpr int kTemplatePartialDepth = 4;

// Databases
inline constexpr auto kSqliteBusyTimeout = 5s;
inline constexpr int kSqliteCheckpointPages = 16'000;
inline constexpr int kSqliteCacheKib = 16 * 1024;
inline constexpr auto kDatabaseConnectTimeout = 5s;
inline constexpr auto kStatementTimeout = 10s;
inline constexpr auto kLockTimeout = 5s;
inline constexpr auto kIdleTransactionTimeout = 30s;
inline constexpr auto kDatabaseAnswerTimeout = 15s;
inline constexpr auto kMigrationLockTimeout = 60s;

// Web
inline constexpr auto kRetryAfter = 2s;

}  // namespace postern::limits
