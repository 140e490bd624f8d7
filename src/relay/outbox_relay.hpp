// The relay: outbox ─ take, claim ─► publish ─ confirm ─► delete, on a thread of its own.
//
//   ┌► connect (back-off while the broker is away; nothing is claimed meanwhile)
//   │  take what this process has just committed             ◄── wakes after a commit
//   │  one transaction: delete what was confirmed; from time to time, and when nothing was there to
//   │  take, claim what others have committed or left
//   │  publish all in one confirm window
//   └─ not confirmed, or returned: the row's lease ends and it is published again
//
// A row leaves the outbox only after its confirm, so what a crash interrupts is repeated, never
// lost. There is no cursor: rows that are committed out of order are found all the same.
//
// Thread contract: all members may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/signal.hpp"
#include "queue/job_publisher.hpp"
#include "store/claim_order.hpp"
#include "store/writer.hpp"

namespace postern {

class OutboxRelay {
 public:
  /// Starts the thread. The references outlive the relay.
  OutboxRelay(Writer& writer, std::unique_ptr<JobPublisher> publisher, const Clock& clock,
              Logger& log);
  ~OutboxRelay();
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;

  /// Whether the broker takes what is published.
  bool connected() const { return connected_; }
  /// Rows that the broker took, and rows that it refused or returned; those stay in the outbox.
  std::uint64_t published() const { return published_; }
  std::uint64_t returned() const { return returned_; }
  /// Ends after the batch in flight.
  void stop();

 private:
  void loop();
  void take_turn();
  bool connect();
  /// The next rows, and in the same transaction what became of the last ones.
  Result<std::vector<OutboxRow>> settle_and_take();
  void publish(const std::vector<OutboxRow>& rows);
  /// Notes that the rows are free again.
  void release(const std::vector<OutboxRow>& rows);
  /// Nothing is handed to this relay any more; what was is free again.
  void close_hand_off();
  /// Writes what is noted.
  void release_all();
  void pause(std::chrono::steady_clock::duration time);

  Writer& writer_;
  std::unique_ptr<JobPublisher> publisher_;
  const Clock& clock_;
  Logger& log_;
  const std::string owner_;
  /// The outcomes of the rows of the last batch; written with the next claim.
  OutboxChanges finished_;
  ClaimOrder claim_order_;
  std::chrono::steady_clock::duration back_off_;
  /// When to look for rows that no commit hands over.
  std::chrono::steady_clock::time_point next_claim_ = {};
  std::atomic<bool> connected_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> returned_ = 0;
  Signal stop_signal_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace postern
