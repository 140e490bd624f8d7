// A message that was committed together with the change that caused it, and waits to go out.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "model/mail_priority.hpp"

namespace postern {

struct OutboxRow {
  /// The mail id, and the id of the event.
  std::string id;
  /// The mail kind's name on the wire.
  std::string kind;
  /// The mail job as JSON, as it goes to the queue; empty when the row holds an event alone.
  std::string body;
  /// W3C trace context of the request; may be empty.
  std::string traceparent;
  TimePoint created_at;
  /// Not before this time.
  TimePoint available_at;
  /// Deliveries tried so far that came to an end (outbox as queue only).
  int attempts = 0;
  /// The account of the email.
  std::string account_id = {};
  /// An event that goes out with it, and its type; both empty when there is none.
  std::string event_type = {};
  std::string event = {};
  /// Until then only `lease_owner` sends it. Written with a row and not read back.
  TimePoint leased_until = {};
  std::string lease_owner = {};
  /// Attempts whose outcome is unknown (outbox as queue only; read by claims alone).
  int unknown_outcomes = 0;
  /// How often it was taken since, without an end (outbox as queue only; written by claims alone).
  int claims = 0;
  MailPriority priority = MailPriority::kNormal;
};

}  // namespace postern
