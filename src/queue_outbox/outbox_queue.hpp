// The outbox table as the mail queue: what the embedded default runs on.
//
// A claim gives rows a lease and is counted at once. So whatever takes the process down, the row
// comes again when the lease ends, and one that takes it down each time ends among the dead
// emails. Tries are counted apart, when they end: an email that a killed process held has lost
// none of its back-off.
//
// Thread contract: MailQueue's. All database work runs on the writer's thread.
// Publishes no mail.* events: they have no consumer outside this process.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "queue/mail_queue.hpp"
#include "store/claim_order.hpp"
#include "store/writer.hpp"

namespace postern {

class OutboxQueue final : public MailQueue {
 public:
  OutboxQueue(Writer& writer, const Clock& clock);

  Result<std::vector<Delivery>> take(TakeRoom room,
                                     std::chrono::steady_clock::time_point deadline) override;
  /// Also settles what was leased too long ago: a mail that was sent is sent.
  Status settle(std::span<const Settled> settled) override;
  void wake() override;

 private:
  struct Taken {
    std::string id;
    int attempts = 0;
    int unknown_outcomes = 0;
  };

  Result<std::vector<OutboxRow>> claim(TakeRoom room);
  OutboxDeferral defer(const Settled& settled, const Taken& taken);

  Writer& writer_;
  const Clock& clock_;
  const std::string owner_;
  std::minstd_rand random_;
  std::atomic<bool> woken_ = false;
  ClaimOrder claim_order_;
  std::map<std::uint64_t, Taken> taken_;
  std::uint64_t next_tag_ = 1;
};

}  // namespace postern
