// The mail queue as the worker sees it: take, then settle each delivery exactly once.
//
// Thread contract: one MailQueue object belongs to one worker thread. wake() alone may be called
// from any thread.
// At-least-once: what was taken and not settled comes again, from this or another process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/delivery_outcome.hpp"
#include "model/mail_priority.hpp"
#include "queue/retry_delay.hpp"

namespace postern {

/// One message as it came; the body is not trusted and not parsed yet.
struct Delivery {
  std::uint64_t tag = 0;
  std::string body;
  /// Earlier tries of this job.
  int attempts = 0;
  /// Those among them whose outcome is unknown.
  int unknown_outcomes = 0;
  MailPriority priority = MailPriority::kNormal;
};

struct Settled {
  std::uint64_t tag = 0;
  DeliveryOutcome outcome = DeliveryOutcome::kSent;
  /// Why, for kDeferred and kFailed: the mail server's or our own words, no address in them.
  std::string reason;
  /// The SMTP relay's host; empty when none was tried.
  std::string relay = {};
  /// kDeferred: whether this attempt counts (a broken relay costs the job none), and how long to
  /// wait.
  bool counts = true;
  RetryAfter retry_after = RetryAfter::kBackOff;
  /// Which email it was, for the report to the app; empty when the body could not be read.
  std::string mail_id;
  std::string kind;
  std::string account_id;
};

/// How many deliveries the worker has room for. What is urgent has some room of its own, so that a
/// worker that is full of other jobs takes it all the same.
struct TakeRoom {
  // Most callers have room for any.
  TakeRoom(std::size_t any_job, std::size_t urgent_more = 0) : any(any_job), urgent(urgent_more) {}
  /// Of any class.
  std::size_t any;
  /// Beyond those.
  std::size_t urgent;
};

class MailQueue {
 public:
  virtual ~MailQueue() = default;

  /// As many deliveries as there is room for, the most urgent first, as soon as there is one; empty
  /// at the deadline or after wake(). RabbitMQ gives the room for what is urgent to all but bulk.
  virtual Result<std::vector<Delivery>> take(TakeRoom room,
                                             std::chrono::steady_clock::time_point deadline) = 0;
  /// kSent leaves the queue; kDeferred comes again after its RetryAfter; kFailed is dead-lettered
  /// with its reason.
  /// On an error all of them will come again.
  virtual Status settle(std::span<const Settled> settled) = 0;
  /// Ends a take() that waits.
  virtual void wake() = 0;
};

}  // namespace postern
