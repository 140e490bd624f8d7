// The depth of the mail queue, for an operator. Plain data.
//
// The numbers are not of one instant.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace postern {

struct QueueCounts {
  /// Emails that a worker may take now.
  std::int64_t waiting = 0;
  /// How many of those are bulk: they wait behind all others.
  std::int64_t bulk = 0;
  /// Emails that are in flight at workers; nothing where the queue does not tell.
  std::optional<std::int64_t> in_flight = {};
  /// Emails that wait for a further try: one number for each of retry_steps(). On RabbitMQ by the
  /// queue they are in, on the outbox by how soon they are due.
  std::vector<std::int64_t> retry = {};
  std::int64_t dead = 0;
  /// Workers that listen; nothing where the queue does not tell.
  std::optional<std::int64_t> workers = {};
};

}  // namespace postern
