// The names of the queue contract, and their declaration.
//
//   postern.mail (direct) ──mail──► postern.mail ──delivery limit, reject──► postern.mail.dead
//        ▲                                │ tried, to be tried again
//        └───── after its TTL ◄── postern.mail.retry.10s|1m|10m|1h
//   postern.events (topic) ──mail.*──► postern.delivery: the app notes what became of each letter
//                          ──────────► queues of whoever else listens
//
// Thread contract: pure functions on a connection of the caller's.
// Never deletes or changes what exists.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "queue_rabbit/rabbit_connection.hpp"

namespace postern::topology {

inline constexpr const char* kMailExchange = "postern.mail";
inline constexpr const char* kMailKey = "mail";
inline constexpr const char* kMailQueue = "postern.mail";
inline constexpr const char* kDeadQueue = "postern.mail.dead";
inline constexpr const char* kEventExchange = "postern.events";
inline constexpr const char* kDeliveryQueue = "postern.delivery";
inline constexpr const char* kMailEventKeys = "mail.*";

/// postern.mail.retry.<step>.
std::string retry_queue(std::string_view step);

/// Declares everything; whoever comes first creates it. Error: rabbit_error::kTopology when
/// something of that name exists with other properties.
Status declare(RabbitConnection& connection);

}  // namespace postern::topology
