// The names of the queue contract, and their declaration.
//
//   postern.mail (direct) ──mail──► postern.mail ──delivery limit, reject──► postern.mail.dead
//        ▲                                │ tried, to be tried again
//        └───── after its TTL ◄── postern.mail.retry.10s|1m|10m|1h
//   The same once more for what is bulk, so that it never stands before anything else:
//   mail.bulk, postern.mail.bulk, postern.mail.bulk.retry.10s|1m|10m|1h.
//   workers ──► postern.mail.outcomes ──► app ──► postern.events (topic) ──► consumers' queues
//
// Workers report outcomes in batches: a message for each email would cost the broker and the app
// more than the email. The app alone publishes events.
//
// Thread contract: pure functions on a connection of the caller's.
// Never deletes or changes what exists.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/mail_priority.hpp"
#include "queue_rabbit/rabbit_connection.hpp"

namespace postern::topology {

inline constexpr const char* kMailExchange = "postern.mail";
inline constexpr const char* kMailKey = "mail";
inline constexpr const char* kMailQueue = "postern.mail";
inline constexpr const char* kBulkKey = "mail.bulk";
inline constexpr const char* kBulkQueue = "postern.mail.bulk";
inline constexpr const char* kDeadQueue = "postern.mail.dead";
inline constexpr const char* kEventExchange = "postern.events";
inline constexpr const char* kOutcomeQueue = "postern.mail.outcomes";

/// kBulkKey for what is bulk, else kMailKey.
std::string_view mail_key(MailPriority priority);
/// postern.mail.retry.<step>, which returns to postern.mail, and postern.mail.bulk.retry.<step>.
std::string retry_queue(std::string_view step, MailPriority priority = MailPriority::kNormal);

/// Only what the app records outcomes with; the other connections report a fault of other queues.
Status declare_outcomes(RabbitConnection& connection);
/// Declares everything, idempotently. Error: rabbit_error::kTopology when
/// something of that name exists with other properties.
Status declare(RabbitConnection& connection);

}  // namespace postern::topology
