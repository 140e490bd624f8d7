// Hands emails to mail servers over SMTP (RFC 5321) with TLS, on a warm connection to the relay
// that is preferred among those that work.
//
// deliver(), for every email: check the addresses, write the message, pick a relay, take the warm
// connection or open a new one, run one transaction, classify what came of it. Where the server
// offers PIPELINING, the head of the next email goes out with the end of this one.
//
// When that fails, judge() (verdict.hpp) decides where the fault is and what follows. A message
// whose final dot was not sent goes on at once: on a new connection when a warm one turns out to be
// closed, and to the next relay after a fault of this one, which is then held back (RelayPool). A
// message whose head only was sent, behind one that broke the connection, starts anew.
//
// A message behind whose final dot another is announced, and that is not answered soon, gives the
// other back: a slow transaction holds up no other. A server that wants no further connection
// while others are open is not at fault either: this mailer pauses, the others go on.
//
// Thread contract: owned by one thread; blocks, for one email never longer than
// SmtpTimeouts::delivery, SmtpTimeouts::final_dot and the resolver's own time-outs.
// Does not queue, retry by the clock, sign, or fall back to plaintext, and uses no SMTPUTF8.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "mail/mailer.hpp"
#include "mail_smtp/relay_pool.hpp"
#include "mail_smtp/verdict.hpp"

namespace postern {

class SmtpMailer final : public Mailer {
 public:
  /// `relays` outlives the mailer.
  explicit SmtpMailer(RelayPool& relays);
  /// Says QUIT where a connection is open.
  ~SmtpMailer() override;
  SmtpMailer(const SmtpMailer&) = delete;
  SmtpMailer& operator=(const SmtpMailer&) = delete;

  void deliver(MailSource& source) override;
  /// Closes connections that were not used for SmtpTimeouts::warm_idle.
  void idle() override;
  std::chrono::steady_clock::time_point ready_at() const override;
  std::chrono::steady_clock::time_point pauses_until() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Connects, does TLS and AUTH, and quits. Nothing: all is well. `interrupted` ends its waits.
std::optional<SmtpFailure> find_relay_failure(const SmtpOptions& options,
                                              const std::atomic<bool>* interrupted = nullptr);

/// The same for people: the detail says what to change. Errors: smtp_unreachable, smtp_timeout,
/// smtp_closed, smtp_tls, smtp_auth, smtp_refused, smtp_protocol.
Status probe_relay(const SmtpOptions& options);

}  // namespace postern
