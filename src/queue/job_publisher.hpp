// The way of the relay into the broker.
//
// Thread contract: belongs to one thread.
#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/outbox_row.hpp"

namespace postern {

class JobPublisher {
 public:
  virtual ~JobPublisher() = default;

  /// Connects and declares the topology where that has not happened yet.
  virtual Status connect() = 0;
  /// Publishes all rows in one confirm window. The flag of a row is true when the broker confirmed
  /// it and did not return it. An error means the connection broke: nothing is known of any row.
  virtual Result<std::vector<bool>> publish(std::span<const OutboxRow> rows) = 0;
};

}  // namespace postern
