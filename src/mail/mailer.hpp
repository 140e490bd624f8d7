// Hands emails to a mail server, or keeps them to be looked at.
//
// Thread contract: one Mailer belongs to one worker thread (it holds a warm connection). ready_at()
// alone may be called from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "mail/mail.hpp"
#include "model/delivery_outcome.hpp"

namespace postern {

struct DeliveryReport {
  DeliveryOutcome outcome = DeliveryOutcome::kDeferred;
  /// The server's words, or ours when the connection failed; no address in them.
  std::string reason;
  /// The relay or the path to it is at fault and held back: costs the job no attempt, and it is
  /// tried again when the relay is back.
  bool relay_fault = false;
  /// No reply came after the final dot: it may have arrived, and is not tried again soon.
  bool unknown = false;
  /// No relay could be used: nothing was tried.
  bool untried = false;
  /// The host of the SMTP relay that took the message or refused it; empty when none was tried.
  std::string relay = {};
};

/// Where a mailer gets its emails. It may ask for the next one before the last is finished: a mail
/// server that offers PIPELINING gets the head of the next email with the end of the last.
class MailSource {
 public:
  virtual ~MailSource() = default;
  /// The next email; nothing when none waits now. Never waits.
  virtual std::optional<Mail> next() = 0;
  /// The outcome of an email: once for each, in the order in which they were given.
  virtual void finished(const DeliveryReport& report) = 0;
  /// The email that next() gave last is not sent here after all: the one before it takes long. It
  /// is not reported, and another mailer may have it.
  virtual void give_back() = 0;
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  /// Sends emails until the source has none.
  virtual void deliver(MailSource& source) = 0;
  /// Called when there is nothing to send for a while: a time to close idle connections.
  virtual void idle() = 0;
  /// Until then every relay is held back after a fault of its own, and an email would only come
  /// back; in the past when one may be tried.
  virtual std::chrono::steady_clock::time_point ready_at() const = 0;
  /// Until then this mailer alone can send nothing: no further connection is wanted. For its own
  /// thread.
  virtual std::chrono::steady_clock::time_point pauses_until() const { return {}; }
};

}  // namespace postern
