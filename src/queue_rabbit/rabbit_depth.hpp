// The depth of the queues on RabbitMQ, asked again and again over one connection.
//
// Thread contract: belongs to one thread; blocks.
// Logs nothing: the publisher reports the broker's faults.
#pragma once

#include "queue/queue_counts.hpp"
#include "queue_rabbit/rabbit_link.hpp"

namespace postern {

/// By passive declarations of all queues of the topology, which exist.
Result<QueueCounts> count_queues(RabbitConnection& connection);

class RabbitDepth {
 public:
  explicit RabbitDepth(RabbitOptions options);

  /// Connects where there is no connection.
  Result<QueueCounts> count();

 private:
  Logger log_{LogLevel::kOff, LogFormat::kText};
  RabbitLink link_;
};

}  // namespace postern
