// The names of the queue contract, and their declaration.
//
//   postern.mail (direct) ──mail──► postern.mail ──delivery limit, reject──► postern.mail.dead
//        ▲                                │ tried, to be tried again
//        └───── after its TTL ◄── postern.mail.retry.10s|1m|10m|1h
//   The same once more for what is bulk, so that it never stands before anything else:
//   mail.bulk, postern.mail.bulk, postern.mail.bulk.retry.10s|1m|10m|1h.
//   postern.events (topic) ──────────► queues of whoever listens
//        └──mail.*──► postern.delivery.untold ──► postern.delivery (exchange and queue): the app
//        notes
//                              │                      ▲      what became of each email
//                              └► …told: nowhere      └── our workers, many events in one message
//
// A message of its own for each email would cost the broker and the app more than the email. What
// our workers tell in packs bears kToldHeader in its own event, which ends in
// postern.delivery.told, where nothing listens; the events of other people's workers bear none and
// are noted like ours.
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
inline constexpr const char* kMailEventKeys = "mail.*";
inline constexpr const char* kDeliveryQueue = "postern.delivery";
/// Not x-…: the matching of headers passes over those.
inline constexpr const char* kToldHeader = "postern-told";
inline constexpr const char* kTold = "yes";

/// kBulkKey for what is bulk, else kMailKey.
std::string_view mail_key(MailPriority priority);
/// postern.mail.retry.<step>, which returns to postern.mail, and postern.mail.bulk.retry.<step>.
std::string retry_queue(std::string_view step, MailPriority priority = MailPriority::kNormal);

/// Only what the app takes delivery states from; a fault of the other queues is for others to tell.
Status declare_delivery(RabbitConnection& connection);
/// Declares everything; whoever comes first creates it. Error: rabbit_error::kTopology when
/// something of that name exists with other properties.
Status declare(RabbitConnection& connection);

}  // namespace postern::topology
