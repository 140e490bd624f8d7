// One SMTP session: greeting, EHLO, STARTTLS, AUTH, then transactions one after the other, QUIT.
//
// Whatever goes wrong before the first transaction is an Error, and the relay's fault. A
// transaction ends in a report. After a refusal the session is reset, or, where that is not
// certain, unusable.
//
// Thread contract: belongs to one thread; blocks up to the deadlines.
// Does not reconnect and does not retry: SmtpMailer does.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/mailer.hpp"
#include "mail_smtp/capabilities.hpp"
#include "mail_smtp/reply.hpp"
#include "mail_smtp/smtp_options.hpp"
#include "mail_smtp/smtp_tls.hpp"
#include "mail_smtp/stream.hpp"
#include "mail_smtp/verdict.hpp"

namespace postern {

/// What a server learns of an email before its content. The addresses are checked by
/// check_envelope_address().
struct SmtpHead {
  std::string_view from;
  std::string_view to;
  /// On the wire.
  std::size_t bytes = 0;
};

struct SmtpOutcome {
  /// Nothing: the server took the message, with these words.
  std::optional<SmtpFailure> failure = {};
  std::string words = {};
  /// It was the first message on this connection.
  bool new_connection = false;
  /// Nothing was said about this email: the session had served before, and ended before the server
  /// accepted anything; or its head came right after another email, and was refused. It may be
  /// tried again at once.
  bool stale = false;
  /// The server seems not to get along with the head of an email right after the end of another.
  bool keep_apart = false;
};

/// The message whose head goes out with the end of another.
struct AnnouncedMail {
  SmtpHead head;
  /// Called when the other one's final dot is not answered soon: this one goes elsewhere, and the
  /// session ends with the other's reply.
  std::function<void()> withdraw;
};

class SmtpSession {
 public:
  /// `options` and `tls` outlive the session; `tls` is not needed for SmtpTls::kNone.
  /// Connects and logs in. `interrupted` (may be nullptr) outlives the session and ends its waits.
  /// When there is no session, `failure` says why.
  static std::unique_ptr<SmtpSession> open(const SmtpOptions& options, const TlsContext* tls,
                                           SmtpDeadline deadline,
                                           const std::atomic<bool>* interrupted,
                                           SmtpFailure& failure);

  /// The first half of a transaction: MAIL, RCPT, DATA. Nothing: the server waits for the email.
  /// With an outcome the transaction is over; then ask ended().
  std::optional<SmtpOutcome> pending_mail(const SmtpHead& head, SmtpDeadline deadline);
  /// Whether the head of another email may go out with the end of this one (RFC 2920).
  bool may_announce(const SmtpHead& next) const;
  /// The second half. `wire` is what to_wire() made, and is used up. The head of `next`, if any,
  /// goes out in the same write; its pending_mail() must be the session's next call.
  SmtpOutcome send_mail(const SmtpHead& head, std::string& wire, const AnnouncedMail* next,
                        SmtpDeadline deadline);
  /// Whether a head has gone out that waits for its pending_mail().
  bool announced() const { return usable_ && state_ == State::kAnnounced; }

  /// True when a transaction has left the session in a state that no other may follow.
  bool ended() const { return !usable_; }
  /// Looks at the connection, before it is used again: false when the session has ended or was left
  /// in the middle of an email, or when the server has hung up or spoken unasked since.
  bool usable();
  /// Whether it has carried as many emails as one session should.
  bool used_up() const { return transactions_ >= options_.mails_per_connection; }
  /// Says so, unless the server would take that for a part of an email.
  void quit();

 private:
  struct Progress;
  /// Of the email at hand: none, its head is out, or the server waits for it.
  enum class State { kReady, kAnnounced, kGoAhead };

  SmtpSession(const SmtpOptions& options, SmtpStream stream)
      : options_(options), stream_(std::move(stream)) {}

  // session.cpp
  Status greet(const TlsContext* tls, SmtpDeadline deadline);
  Status hello(SmtpDeadline deadline);
  Status plain_hello(const std::string& name, const SmtpReply& to_ehlo, SmtpDeadline deadline);
  Status upgrade(const TlsContext& tls, SmtpDeadline deadline);
  Status authenticate(SmtpDeadline deadline);
  Status auth_login(SmtpDeadline deadline);
  // oauth_session.cpp
  Result<SmtpAuth> oauth_mechanism() const;
  Status authenticate_oauth(SmtpDeadline deadline);
  /// Empty when the server takes the token, else its refusal.
  Result<std::string> try_token(SmtpAuth mechanism, const Secret& token, SmtpDeadline deadline);
  // session.cpp
  /// Writes `line` (with its CRLF) and reads the one reply to it.
  Result<SmtpReply> command(std::string_view line, SmtpDeadline deadline);
  Result<SmtpReply> read_reply(SmtpDeadline deadline);
  SmtpDeadline step(std::chrono::milliseconds timeout, SmtpDeadline deadline) const;

  // transaction.cpp
  bool takes(std::size_t bytes) const;
  /// Goes through the opening commands until the server is lost or, without PIPELINING, says no.
  SmtpOutcome ask(const SmtpHead& head, Progress& progress, SmtpDeadline deadline);
  void clear_transaction(const Progress& progress, SmtpDeadline deadline);
  SmtpOutcome broken(SmtpStep step, const Error& error);
  Result<SmtpReply> read_dot_reply(const AnnouncedMail* next);
  SmtpOutcome refused_mail(const SmtpReply& reply, SmtpDeadline deadline);

  const SmtpOptions& options_;
  SmtpStream stream_;
  SmtpCapabilities capabilities_;
  SmtpReplyParser parser_;
  /// Received and not yet parsed: replies to pipelined commands.
  std::string unread_;
  /// Of the opening: where it is, and the server's last words.
  SmtpStep step_ = SmtpStep::kConnect;
  SmtpReply last_reply_;
  std::size_t transactions_ = 0;
  State state_ = State::kReady;
  bool usable_ = true;
};

}  // namespace postern
