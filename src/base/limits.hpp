// Every limit of the house has a name, and stands here. Units last.
#pragma once

#include <chrono>
#include <cstddef>

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
inline constexpr std::size_t kLimiterKeys = 100'000;
inline constexpr auto kDrainTimeout = 30s;

// Text
inline constexpr std::size_t kJsonDepth = 8;
inline constexpr std::size_t kEmailBytes = 254;
inline constexpr std::size_t kEmailLocalBytes = 64;
inline constexpr std::size_t kUrlBytes = 2048;

// Credentials
inline constexpr std::size_t kPasswordBytes = 1024;
inline constexpr std::size_t kPasswordLengthFloor = 8;
inline constexpr std::size_t kTokenBytes = 2048;
inline constexpr auto kClockSkew = 30s;
inline constexpr std::size_t kHashQueue = 64;

// Store
inline constexpr std::size_t kWriterQueue = 8192;
inline constexpr std::size_t kWriterBatch = 1024;

// Outbox, relay and queue
inline constexpr std::size_t kRelayBatch = 512;
inline constexpr auto kRelayLease = 30s;
inline constexpr auto kOutboxPoll = 1s;
inline constexpr auto kMailLease = 180s;
inline constexpr std::size_t kJobBytes = 16 * 1024;
inline constexpr int kDeliveryLimit = 20;
inline constexpr auto kConfirmTimeout = 20s;
inline constexpr auto kReconnectMin = 200ms;
inline constexpr auto kReconnectMax = 10s;

// Mail
inline constexpr std::size_t kMailBatch = 32;
inline constexpr std::size_t kMailConnections = 4;
inline constexpr std::size_t kMailsPerConnection = 100;
inline constexpr auto kSmtpConnectTimeout = 10s;
inline constexpr auto kSmtpGreetingTimeout = 30s;
inline constexpr auto kSmtpCommandTimeout = 30s;
inline constexpr auto kSmtpDataTimeout = 60s;
inline constexpr auto kSmtpDeliveryTimeout = 120s;
inline constexpr std::size_t kSmtpReplyLineBytes = 2048;
inline constexpr std::size_t kSmtpReplyLines = 128;
inline constexpr std::size_t kTemplateBytes = 256 * 1024;
inline constexpr std::size_t kCapturedMails = 1000;

}  // namespace postern::limits
