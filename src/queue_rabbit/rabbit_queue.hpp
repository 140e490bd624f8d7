// The mail queue on RabbitMQ, as the worker sees it.
//
// Settling a batch: publish what follows from it (copies for the retry queues and the dead letters,
// the outcomes for the app) in one window, wait for the confirms, then ack. A delivery whose
// publications were not all taken is not acked and comes again.
//
// Thread contract: MailQueue's. A thread of its own answers heartbeats between the calls.
// Does not parse jobs: bodies go to the worker as they came.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "base/clock.hpp"
#include "queue/mail_queue.hpp"
#include "queue_rabbit/publish_window.hpp"
#include "queue_rabbit/rabbit_link.hpp"
#include "queue_rabbit/rabbit_options.hpp"
#include "queue_rabbit/wake_event.hpp"
#include "store/claim_order.hpp"

namespace postern {

struct RabbitQueueOptions {
  RabbitOptions broker;
  /// How many deliveries of each of the two queues may be in flight at once: some more than it
  /// works on, since the next ones should be here before the broker has written the acks of the
  /// last.
  std::uint16_t prefetch = limits::kPrefetch;
};

class RabbitQueue final : public MailQueue {
 public:
  RabbitQueue(RabbitQueueOptions options, const Clock& clock, Logger& log);

  /// Reconnects, with back-off, for as long as the deadline allows; an Error when there was no
  /// connection at the deadline, and at once when a connection was lost over which something had
  /// been taken that is not settled: the broker delivers it again.
  Result<std::vector<Delivery>> take(TakeRoom room,
                                     std::chrono::steady_clock::time_point deadline) override;
  Status settle(std::span<const Settled> settled) override;
  void wake() override { wake_.raise(); }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  using Consumer = RabbitConnection::Consumer;
  struct Taken {
    IncomingMessage message;
    Consumer consumer = Consumer::kFirst;
    int attempts = 0;
    int unknown_outcomes = 0;
    /// Settled by the call that runs: a second one of the same tag is not heard.
    bool settling = false;
  };

  /// An open connection that takes publications, or why there is none.
  Status ready();
  /// Until the next attempt to connect is due; false when that is not before the deadline.
  bool wait_for_retry(Deadline deadline);
  /// The deliveries that have arrived: in nearly all turns postern.mail first, then bulk.
  Result<std::vector<Delivery>> drain(TakeRoom room);
  Status drain(Consumer consumer, std::size_t most, std::vector<Delivery>& drained);
  /// An item for each tag that is ours and one for all of them together; returns those tags.
  Result<std::vector<std::uint64_t>> publish_outcomes(std::span<const Settled> settled,
                                                      PublishWindow& window);
  /// How long it waits for its next try.
  std::chrono::milliseconds delay_after(const Settled& settled, const Taken& taken);
  MailStatus report_of(const Settled& settled, const Taken& taken, std::chrono::milliseconds delay);
  /// To the app, in batches.
  Status report(std::span<const MailStatus> outcomes, PublishWindow& window);
  Status publish_copy(const Settled& settled, const Taken& taken, std::chrono::milliseconds delay,
                      PublishWindow& window);
  Status ack(const std::vector<std::uint64_t>& tags);
  /// The broker's own tags.
  Status ack(Consumer consumer, std::vector<std::uint64_t>& done);
  void forget_taken();
  Error lose(const Error& why);

  bool lost_taken_ = false;
  RabbitLink link_;
  const Clock& clock_;
  Logger& log_;
  WakeEvent wake_;
  std::minstd_rand random_;
  ClaimOrder claim_order_;
  std::chrono::milliseconds reconnect_delay_ = limits::kReconnectMin;
  /// By our own tags, which are never used twice: a tag of a lost connection matches nothing.
  std::map<std::uint64_t, Taken> taken_;
  std::uint64_t next_tag_ = 1;
};

}  // namespace postern
