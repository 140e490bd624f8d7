// Hands letters to a mail server over SMTP (RFC 5321) with TLS, on one warm connection.
//
// send(): check the addresses, write the message, take the warm connection or open a new one, run
// one transaction, classify what came of it. A warm connection that turns out to be dead before the
// server accepted anything of the letter is replaced once, at once and silently.
//
//   kDone   2xx to the final dot
//   kNever  5xx that concerns this letter, or a letter that must not be sent at all
//   kLater  4xx; and everything where the relay is at fault (relay_fault): unreachable, time-out,
//           TLS, AUTH, 421, sender not allowed, broken connection. When it broke between the final
//           dot and its reply, the reason says that the outcome is unknown; the letter may repeat.
//
// Thread contract: owned by one thread; blocks, never longer than SmtpTimeouts::delivery and the
// resolver's own time-outs.
// Does not queue, retry by the clock, sign, or fall back to plaintext, and uses no SMTPUTF8.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "mail/mailer.hpp"
#include "mail_smtp/smtp_options.hpp"

namespace postern {

class SmtpMailer final : public Mailer {
 public:
  explicit SmtpMailer(SmtpOptions options);
  /// Says QUIT when a connection is open.
  ~SmtpMailer() override;
  SmtpMailer(const SmtpMailer&) = delete;
  SmtpMailer& operator=(const SmtpMailer&) = delete;

  DeliveryReport send(const Mail& mail);
  void deliver(LetterSource& letters) override {
    while (const auto mail = letters.next()) letters.finished(send(*mail));
  }
  std::chrono::steady_clock::time_point ready_at() const override { return {}; }
  /// Closes a connection that was not used for SmtpTimeouts::warm_idle.
  void idle() override;

  /// Connects, does TLS and AUTH, and quits, on a connection of its own. Errors: smtp_unreachable,
  /// smtp_timeout, smtp_closed, smtp_tls, smtp_auth, smtp_refused, smtp_protocol.
  Status probe();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
