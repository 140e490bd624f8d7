// The mail queue as the worker sees it: take, then settle each delivery exactly once.
//
// Thread contract: one MailQueue object belongs to one worker thread. wake() alone may be called
// from any thread.
// At-least-once: what was taken and not settled comes again, from this or another process.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/mail_priority.hpp"

namespace postern {

/// One message as it came; the body is not trusted and not parsed yet.
struct Delivery {
  std::uint64_t tag = 0;
  std::string body;
  /// Earlier tries of this job.
  int attempts = 0;
  MailPriority priority = MailPriority::kNormal;
};

enum class Settlement { kDone, kLater, kDead };

struct Settled {
  std::uint64_t tag = 0;
  Settlement settlement = Settlement::kDone;
  /// Why, for kLater and kDead: the mail server's or our own words, no address in them.
  std::string reason;
  /// kLater: whether this try counts (a broken relay costs the job no try).
  bool counts = true;
  /// Identity for the mail.* event; empty when the body could not be read.
  std::string mail_id;
  std::string kind;
  std::string account_id;
};

class MailQueue {
 public:
  virtual ~MailQueue() = default;

  /// Up to `max` deliveries, as soon as there is one; empty at the deadline or after wake().
  virtual Result<std::vector<Delivery>> take(std::size_t max,
                                             std::chrono::steady_clock::time_point deadline) = 0;
  /// Done leaves the queue; later comes again after its back-off (10 s, 1 m, 10 m, 1 h by the
  /// number of tries); dead is kept with its reason. On an error all of them will come again.
  virtual Status settle(std::span<const Settled> settled) = 0;
  /// Ends a take() that waits.
  virtual void wake() = 0;
};

}  // namespace postern
