// The headers of a job on its way: what is its own, and what was added on the way.
//
// Thread contract: constants and pure functions.
// Knows nothing of bodies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/mail_priority.hpp"
#include "queue_rabbit/rabbit_message.hpp"

namespace postern {

/// Tries so far, that count.
inline constexpr const char* kAttemptHeader = "x-attempt";
/// Those among them whose outcome is unknown.
inline constexpr const char* kUnknownHeader = "x-unknown-outcomes";
/// Of a dead letter: why, and when in Unix milliseconds.
inline constexpr const char* kReasonHeader = "x-reason";
inline constexpr const char* kDiedAtHeader = "x-died-at";
/// The broker's: rejected, delivery_limit, expired, maxlen.
inline constexpr const char* kFirstDeathReasonHeader = "x-first-death-reason";

/// AMQP's priority of a job; nothing for a normal one. Quorum queues of RabbitMQ 4 deliver first
/// what has more than 4, older ones do not look at it; the number also tells which queue a dead
/// email goes back to.
std::optional<std::uint8_t> amqp_priority(MailPriority priority);
MailPriority mail_priority(const IncomingMessage& message);

/// Headers of the job's own. What begins with x- tells of its way through the broker so far.
std::vector<MessageHeader> own_headers(const IncomingMessage& message);

std::optional<std::int64_t> number_header(const IncomingMessage& message, std::string_view name);
/// Empty when there is none.
std::string text_header(const IncomingMessage& message, std::string_view name);

}  // namespace postern
