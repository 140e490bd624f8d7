// Publishes mail jobs from the outbox: persistent, mandatory, confirmed, a window at a time.
//
// Thread contract: belongs to one thread; a thread of its own answers heartbeats in between.
// Does not back off: one call is one attempt, the relay decides when the next one is due.
#pragma once

#include "queue/job_publisher.hpp"
#include "queue_rabbit/publish_window.hpp"
#include "queue_rabbit/rabbit_link.hpp"
#include "queue_rabbit/rabbit_options.hpp"

namespace postern {

class RabbitPublisher final : public JobPublisher {
 public:
  RabbitPublisher(RabbitOptions options, Logger& log);

  Status connect() override;
  /// Connects first where that is needed. Errors as in rabbit_error; a broker that is blocked gives
  /// one after options.confirm_timeout.
  Result<std::vector<bool>> publish(std::span<const OutboxRow> rows) override;

 private:
  Status ready();
  static Status send(const OutboxRow& row, PublishWindow& window);

  RabbitLink link_;
  EventAudience audience_;
  /// Windows in a row of which something was refused.
  int refusals_ = 0;
  /// A job came back: an operator removed the queue or its binding. Declared again before the next
  /// window.
  bool topology_in_doubt_ = false;
};

}  // namespace postern
