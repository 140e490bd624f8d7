// The outcomes of delivery attempts: one set of words for the mailer, the queue, the database and
// the events. Holds no address and no token.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

/// The three ends of a delivery attempt.
enum class DeliveryOutcome { kSent, kDeferred, kFailed };

/// sent, deferred, failed: in the queue, in the database and in what operators see.
std::string_view to_string(DeliveryOutcome outcome);
/// queued where there is none yet.
std::string_view to_string(const std::optional<DeliveryOutcome>& outcome);
std::optional<DeliveryOutcome> parse_delivery_outcome(std::string_view text);

/// The state of an email: the outcome of its last attempt. Plain data.
struct MailStatus {
  std::string account_id;
  std::string mail_id;
  /// The mail kind's name on the wire.
  std::string kind;
  /// Nothing: it is queued, and no attempt has ended.
  std::optional<DeliveryOutcome> outcome;
  TimePoint changed_at;
  /// Deferred only; the epoch when no further attempt is planned.
  TimePoint next_attempt_at;
  /// The mail server's reply; of deferred and failed emails also our own words.
  std::string reply;
  /// Attempts that ended so far. In reports of workers only.
  int attempt = 0;
  /// The SMTP relay's host; empty when none was tried.
  std::string relay = {};
};

/// Emails by the outcomes of their attempts, since the process began.
struct OutcomeCounts {
  std::uint64_t sent = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
};

/// Counts outcomes. Thread contract: all members may be called from any thread.
class OutcomeCounter {
 public:
  void count(DeliveryOutcome outcome);
  OutcomeCounts counts() const { return {sent_, deferred_, failed_}; }

 private:
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> deferred_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
};

}  // namespace postern
