// The dead letters on RabbitMQ, and how full its queues are.
//
//   look     consume without ack ─► end the connection: RabbitMQ 3.10 keeps the order of what such
//            a one had, and mixes what is given back by more than 32 at once
//   replay   publish to the queue it came from ─ confirm ─► ack the dead one
//
// Thread contract: DeadLetters'. Each call is a connection of its own, which the calls read from
// all the time. What a broken connection held is in the queue again, where it was.
// While a call runs, others do not see what it holds. It holds 20 000 at most: what is behind so
// many that are not chosen is not seen.
#pragma once

#include "base/clock.hpp"
#include "queue/dead_letters.hpp"
#include "queue_rabbit/rabbit_connection.hpp"

namespace postern {

class RabbitDeadLetters final : public DeadLetters {
 public:
  /// `clock` outlives it.
  RabbitDeadLetters(RabbitOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  Result<std::vector<DeadLetter>> list(std::size_t limit) override;
  Result<Replayed> replay(const Choice& choice) override;
  Result<std::size_t> drop(const Choice& choice) override;
  Result<QueueCounts> count() override;

 private:
  using Batch = std::vector<IncomingMessage>;
  using Tags = std::vector<std::uint64_t>;
  /// Which of the batch are done with: these are acked, and the rest is given back in the end.
  using Visit = std::function<Result<Tags>(RabbitConnection& connection, const Batch& batch)>;

  Result<std::unique_ptr<RabbitConnection>> open() const;
  RabbitConnection::Deadline soon() const;
  /// Visits the dead letters that are there now, in their order.
  Status visit_all(const Visit& visit);
  Result<Batch> next_batch(RabbitConnection& connection, std::size_t most) const;
  Status ack(RabbitConnection& connection, const Tags& tags) const;
  /// Until so many are there: the next command must find what a connection gave back at its end.
  Status wait_for(std::int64_t whole) const;
  Result<Tags> replay_batch(RabbitConnection& connection, const Batch& batch, const Choice& choice,
                            Replayed& all);

  const RabbitOptions options_;
  const Clock& clock_;
};

}  // namespace postern
