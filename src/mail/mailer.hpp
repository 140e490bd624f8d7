// Hands letters to a mail server, or keeps them to be looked at.
//
// Thread contract: one Mailer belongs to one worker thread (it holds a warm connection).
#pragma once

#include <string>

#include "mail/mail.hpp"

namespace postern {

/// Delivery has three ends only.
enum class DeliveryEnd { kDone, kLater, kNever };

struct DeliveryReport {
  DeliveryEnd end = DeliveryEnd::kLater;
  /// The server's words, or ours when the connection failed; no address in them.
  std::string reason;
  /// The relay itself is at fault (unreachable, TLS, AUTH, 421): costs the job no try.
  bool relay_fault = false;
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual DeliveryReport send(const Mail& mail) = 0;
  /// Called when there is nothing to send for a while: a time to close idle connections.
  virtual void idle() = 0;
};

}  // namespace postern
