// A message that was committed together with the change that caused it, and waits to go out.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace postern {

struct OutboxRow {
  /// The mail id.
  std::string id;
  /// The mail kind's name on the wire.
  std::string kind;
  /// The mail job as JSON, as it goes to the queue.
  std::string body;
  /// W3C trace context of the request; may be empty.
  std::string traceparent;
  TimePoint created_at;
  /// Not before this time.
  TimePoint available_at;
  /// Deliveries tried so far (outbox as queue only).
  int attempts = 0;
};

}  // namespace postern
