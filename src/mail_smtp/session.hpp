// One SMTP session: greeting, EHLO, STARTTLS, AUTH, then transactions one after the other, QUIT.
//
// Whatever goes wrong before the first transaction is an Error, and the relay's fault. A
// transaction ends in a report. After a refusal the session is reset, or, where that is not
// certain, unusable.
//
// Thread contract: belongs to one thread; blocks up to the deadlines.
// Does not reconnect and does not retry: SmtpMailer does.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/mailer.hpp"
#include "mail_smtp/capabilities.hpp"
#include "mail_smtp/reply.hpp"
#include "mail_smtp/smtp_options.hpp"
#include "mail_smtp/stream.hpp"
#include "mail_smtp/tls_context.hpp"
#include "mail_smtp/verdict.hpp"

namespace postern {

/// Checked by check_envelope_address().
struct SmtpEnvelope {
  std::string_view from;
  std::string_view to;
};

struct SmtpOutcome {
  DeliveryReport report;
  /// The session had served before, and ended before the server accepted anything of this letter:
  /// a new session may have more luck.
  bool stale = false;
};

class SmtpSession {
 public:
  /// `options` and `tls` outlive the session; `tls` is not needed for SmtpTls::kNone.
  static Result<std::unique_ptr<SmtpSession>> open(const SmtpOptions& options,
                                                   const TlsContext* tls, SmtpDeadline deadline);

  /// `wire` is what to_wire() made. After it: ask ended().
  SmtpOutcome deliver(const SmtpEnvelope& envelope, std::string_view wire, SmtpDeadline deadline);

  /// True when a transaction has left the session in a state that no other may follow.
  bool ended() const { return !usable_; }
  /// Looks at the connection, before it is used again: false when the session has ended, or when
  /// the server has hung up or spoken unasked since.
  bool usable();
  std::size_t transactions() const { return transactions_; }
  void quit();

 private:
  struct Progress;

  SmtpSession(const SmtpOptions& options, SmtpStream stream)
      : options_(options), stream_(std::move(stream)) {}

  // session.cpp
  Status greet(const TlsContext* tls, SmtpDeadline deadline);
  Status hello(SmtpDeadline deadline);
  Status upgrade(const TlsContext& tls, SmtpDeadline deadline);
  Status authenticate(SmtpDeadline deadline);
  Status auth_login(SmtpDeadline deadline);
  /// Writes `line` (with its CRLF) and reads the one reply to it.
  Result<SmtpReply> command(std::string_view line, SmtpDeadline deadline);
  Result<SmtpReply> read_reply(SmtpDeadline deadline);
  SmtpDeadline step(std::chrono::milliseconds timeout, SmtpDeadline deadline) const;

  // transaction.cpp
  std::optional<SmtpOutcome> begin(const SmtpEnvelope& envelope, std::size_t bytes,
                                   SmtpDeadline deadline);
  SmtpOutcome end(const SmtpEnvelope& envelope, std::string_view wire, SmtpDeadline deadline);
  void clear_transaction(const Progress& progress, SmtpDeadline deadline);
  SmtpOutcome broken(std::string_view where, const Error& error);

  const SmtpOptions& options_;
  SmtpStream stream_;
  SmtpCapabilities capabilities_;
  SmtpReplyParser parser_;
  /// Received and not yet parsed: replies to pipelined commands.
  std::string unread_;
  std::size_t transactions_ = 0;
  bool usable_ = true;
};

}  // namespace postern
