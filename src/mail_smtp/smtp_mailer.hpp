// Hands letters to mail servers over SMTP (RFC 5321) with TLS, on a warm connection to the relay
// that is preferred among those that work.
//
// deliver(), for every letter: check the addresses, write the message, pick a relay, take the warm
// connection or open a new one, run one transaction, classify what came of it. Where the server
// offers PIPELINING, the head of the next letter goes out with the end of this one.
//
//   kDone   2xx to this letter's own final dot
//   kNever  5xx that concerns this letter, or a letter that must not be sent at all
//   kLater  4xx; and everything where the relay is at fault (relay_fault): unreachable, time-out,
//           TLS, AUTH, 421, sender not allowed, broken connection. When it broke between the final
//           dot and its reply, the reason says that the outcome is unknown; the letter may repeat.
//
// A letter whose final dot was not sent goes on at once: on a new connection when a warm one turns
// out to be dead, and to the next relay after a fault of this one, which is then held back
// (RelayPool). One connection that ends midway is no fault yet; a second in a row is. A letter
// whose head only was sent, behind one that broke the connection, starts anew.
//
// Thread contract: owned by one thread; blocks, for one letter never longer than
// SmtpTimeouts::delivery and the resolver's own time-outs.
// Does not queue, retry by the clock, sign, or fall back to plaintext, and uses no SMTPUTF8.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "mail/mailer.hpp"
#include "mail_smtp/relay_pool.hpp"

namespace postern {

class SmtpMailer final : public Mailer {
 public:
  /// `relays` outlives the mailer.
  explicit SmtpMailer(RelayPool& relays);
  /// Says QUIT where a connection is open.
  ~SmtpMailer() override;
  SmtpMailer(const SmtpMailer&) = delete;
  SmtpMailer& operator=(const SmtpMailer&) = delete;

  void deliver(LetterSource& letters) override;
  /// Closes connections that were not used for SmtpTimeouts::warm_idle.
  void idle() override;
  std::chrono::steady_clock::time_point ready_at() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Connects, does TLS and AUTH, and quits. Errors: smtp_unreachable, smtp_timeout, smtp_closed,
/// smtp_tls, smtp_auth, smtp_refused, smtp_protocol.
Status probe_relay(const SmtpOptions& options);

}  // namespace postern
