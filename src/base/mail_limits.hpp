// The limits of an email's way: outbox, relay, queue and mail. Included by limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::limits {

using namespace std::chrono_literals;

// Outbox, relay and queue
inline constexpr std::size_t kRelayBatch = 512;
/// Rows in memory between their commit and the relay.
inline constexpr std::size_t kHandedOver = 2 * kRelayBatch;
inline constexpr std::size_t kRelayBusy = 16;
inline constexpr auto kRelayGather = 10ms;
inline constexpr auto kRelayLease = 30s;
inline constexpr auto kOutboxPoll = 1s;
/// Between two counts of the broker's queues.
inline constexpr auto kQueueDepthInterval = 5s;
inline constexpr std::int64_t kOutboxCount = 1'000'000;
/// OUTBOX_LIMIT where it is not set.
inline constexpr std::int64_t kOutboxRows = 1'000'000;
inline constexpr std::int64_t kOutboxRowsMost = 1'000'000'000;
inline constexpr std::int64_t kOutboxQuickCount = 10'000;
inline constexpr std::size_t kOutcomeBatch = 512;
inline constexpr auto kOutcomeWait = 5s;
inline constexpr auto kOutcomeGather = 20ms;
/// Messages; one of our workers' holds some sixty outcomes at most.
inline constexpr std::uint16_t kOutcomePrefetch = 64;
/// Batches of outcomes that wait for an app; the oldest go when there are more.
inline constexpr std::int64_t kOutcomeQueueLength = 1'000'000;
inline constexpr std::size_t kMailStatesShown = 20;
/// Dead letters that one command shows by default; and how many are moved at a time.
inline constexpr std::size_t kDeadLettersShown = 100;
inline constexpr std::size_t kDeadLetterBatch = 256;
/// The dead letters' queue has no limit: reading it is no delivery. RabbitMQ 4 wants one named.
inline constexpr std::int64_t kDeadDeliveryLimit = 1'000'000'000;
/// How long what was read and given back may take to be there again.
inline constexpr auto kGiveBackTimeout = 5s;
/// Longer than a job waits here and its delivery may take.
inline constexpr auto kMailLease = 28min;
inline constexpr auto kMailJobLife = 24h;
inline constexpr std::size_t kJobBytes = 16 * 1024;
inline constexpr int kDeliveryLimit = 20;
/// So often a job is taken from the outbox and not settled; then it must be what ends the process.
inline constexpr int kOutboxClaims = 50;
inline constexpr auto kConfirmTimeout = 20s;
inline constexpr int kRefusalsOnOneChannel = 5;
inline constexpr auto kReconnectMin = 200ms;
inline constexpr auto kReconnectMax = 10s;
/// No less than kMailsInFlight: what is in flight is not settled yet.
/// Of each of the two queues.
inline constexpr std::uint16_t kPrefetch = 320;
inline constexpr auto kBrokerConnectTimeout = 5s;
inline constexpr auto kBrokerCloseTimeout = 1s;
inline constexpr auto kBrokerHeartbeat = 15s;
inline constexpr std::size_t kBrokerHosts = 16;
inline constexpr std::size_t kMessageHeaders = 32;
inline constexpr std::size_t kReasonBytes = 512;
inline constexpr int kRetryJitterPercent = 10;
inline constexpr std::size_t kJobIdBytes = 64;

// Mail
/// Emails that a worker holds at most; it holds as many as it sends in a second or two.
inline constexpr std::size_t kMailsInFlight = 256;
/// Outcomes that are settled together under load, and how long the first of them waits for that.
inline constexpr std::size_t kSettleTogether = 64;
inline constexpr auto kSettleGather = 20ms;
/// Of so many emails that are begun one is bulk, when some wait.
inline constexpr std::size_t kBulkTurn = 16;
/// How often a worker that takes nothing looks whether it may again.
inline constexpr auto kHeldBackPoll = 100ms;
/// An email that no sender began in this time goes back to the queue.
inline constexpr auto kMailWaits = 20s;
/// While every relay is held back, what was taken is given back and taken anew so often: RabbitMQ
/// ends the connection of a consumer that keeps a message for 30 min.
inline constexpr auto kHeldRefresh = 10min;
/// A transaction that takes longer leaves its sender's place to a further one, so many at most.
inline constexpr auto kSlowSender = 2s;
inline constexpr std::size_t kFurtherSenders = 16;
/// How often a further sender looks whether it is needed.
inline constexpr auto kFurtherPoll = 250ms;
/// An email that takes longer marks its domain as slow, for the time below.
inline constexpr auto kSlowMail = 5s;
inline constexpr auto kSlowDomain = 60s;
inline constexpr std::size_t kSlowDomains = 1000;
inline constexpr std::size_t kRecentlySent = 50'000;
inline constexpr std::size_t kMailConnections = 4;
/// After which a connection is closed by us; a server that wants fewer says 421 before.
inline constexpr std::size_t kMailsPerConnection = 500;
inline constexpr auto kSmtpConnectTimeout = 10s;
/// RFC 5321, 4.5.3.2.
inline constexpr auto kSmtpGreetingTimeout = 5min;
inline constexpr auto kSmtpCommandTimeout = 5min;
inline constexpr auto kSmtpDataTimeout = 2min;
inline constexpr auto kSmtpBlockTimeout = 3min;
inline constexpr auto kSmtpFinalDotTimeout = 10min;
/// Everything before the final dot; with that, it stays below kMailLease and RabbitMQ's
/// consumer_timeout of 30 min.
inline constexpr auto kSmtpDeliveryTimeout = 15min;
/// No reply after the final dot: the job is not tried again before, and so often in all.
inline constexpr auto kUnknownOutcomePause = 10min;
inline constexpr int kUnknownOutcomes = 3;
inline constexpr std::size_t kSmtpReplyTextBytes = 1024;
inline constexpr std::size_t kSmtpReplyBytes = 64 * 1024;
inline constexpr std::size_t kSmtpReplyLines = 128;
inline constexpr auto kSmtpQuitTimeout = 2s;
inline constexpr auto kSmtpWarmIdle = 30s;
/// Behind the head of an email that took longer, no other email is announced.
inline constexpr auto kSmtpQuickHead = 1s;
/// A message whose final dot is answered later than this lets the announced one go elsewhere.
inline constexpr auto kSmtpQuickDot = 2s;
inline constexpr std::size_t kSmtpRelays = 8;
/// How long a relay at fault is left alone: at first, at most, and after it has refused our
/// account.
inline constexpr auto kSmtpHoldMin = 1s;
inline constexpr auto kSmtpHoldMax = 30s;
inline constexpr auto kSmtpAccountHoldMax = 15min;
/// A path is probed again after this share of its outage so far.
inline constexpr int kSmtpHoldShare = 60;
inline constexpr int kSmtpHoldJitterPercent = 10;
/// A mailer that gets no connection while others have theirs does without for so long.
inline constexpr auto kSmtpCrowdedPause = 10s;
/// A message that is to prove a relay is waited for so long; then another one may.
inline constexpr auto kSmtpTrialWait = 5s;
/// The pause between messages after a relay has refused their rate: at first, at most, and from
/// where on it is none.
inline constexpr auto kSmtpPaceMin = 250ms;
inline constexpr auto kSmtpPaceMax = 30s;
inline constexpr auto kSmtpPaceNone = 20ms;
/// Jobs that a relay has refused with words about us; the oldest are forgotten.
inline constexpr std::size_t kSmtpBlamingJobs = 10'000;
/// When to look again while another thread finds out whether a relay has healed.
inline constexpr auto kSmtpProbeWait = 250ms;
inline constexpr std::size_t kSmtpReasonBytes = 1024;
inline constexpr std::size_t kMailLineBytes = 998;
inline constexpr std::size_t kTemplateBytes = 256 * 1024;
inline constexpr std::size_t kCapturedMails = 1000;
inline constexpr std::size_t kMailIdBytes = 64;
inline constexpr std::size_t kDeviceNameBytes = 48;
inline constexpr std::size_t kIpTextBytes = 45;
inline constexpr std::size_t kSenderNameBytes = 200;
inline constexpr std::size_t kLocaleBytes = 35;
inline constexpr int kTemplatePartialDepth = 4;
/// Rates in MAIL_LIMIT_PER_ADDRESS; an account has as many windows.
inline constexpr std::size_t kMailWindows = 3;

}  // namespace postern::limits
