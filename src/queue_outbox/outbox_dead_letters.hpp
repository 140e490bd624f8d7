// The dead letters of the outbox table, and how full it is.
//
// Thread contract: DeadLetters'; the store belongs to the same thread. A batch is one transaction,
// so a letter is dead or in the queue, never both or neither.
// Wakes no worker: a worker on the outbox looks for itself within limits::kOutboxPoll.
#pragma once

#include "base/clock.hpp"
#include "queue/dead_letters.hpp"
#include "queue/queue_counts.hpp"
#include "store/store.hpp"

namespace postern {

class OutboxDeadLetters final : public DeadLetters, public QueueCounter {
 public:
  /// `store` and `clock` outlive it.
  OutboxDeadLetters(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<std::vector<DeadLetter>> list(std::size_t limit) override;
  Result<Replayed> replay(const Choice& choice) override;
  Result<std::size_t> drop(const Choice& choice) override;
  Result<QueueCounts> count() override;

 private:
  /// The operation on a batch of dead rows, within its transaction.
  using Visit = std::function<Status(const std::vector<DeadRow>& rows)>;

  Status transact(const std::function<Status()>& work);
  Result<OutboxCensus> take_census();
  /// Visits at most `limit` of the dead rows, the oldest death first.
  Status visit(std::size_t limit, const Visit& visit);
  /// The same for all that are there now.
  Status visit_all(const Visit& visit);

  Store& store_;
  const Clock& clock_;
};

}  // namespace postern
