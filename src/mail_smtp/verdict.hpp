// Decides where the fault is when a message was not sent, and what follows (docs/reliability.md).
//
// Every failure belongs to exactly one of three: the message (its recipient or its content), the
// relay (its state, our account with it), or the path to it. The first digit of a reply decides;
// the enhanced code and the text refine (refusal_text). Only faults of relay and path hold a relay
// back, and only with evidence that does not hang on one job.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "mail/mailer.hpp"
#include "mail_smtp/relay_fault.hpp"
#include "mail_smtp/reply.hpp"

namespace postern {

enum class SmtpStep {
  kConnect,
  kGreeting,
  kEhlo,
  kStartTls,
  kAuth,
  kMail,
  kRcpt,
  kData,
  /// From the first byte of the message to the reply to its final dot.
  kMessage
};

/// "MAIL", "RCPT", "DATA", "message" …
const char* step_name(SmtpStep step);

/// Why a message was not sent.
struct SmtpFailure {
  SmtpStep step = SmtpStep::kConnect;
  /// Code 0: there was none, for the reason in `error`.
  SmtpReply reply = {};
  /// A code of SmtpStream's or SmtpSession's.
  Error error = {};
  /// The final dot may have reached the server, and its reply did not reach us.
  bool unknown = false;

  bool has_reply() const { return reply.code != 0; }
};

/// The earlier events of the email.
struct DeliveryHistory {
  /// This job was refused with words about us before: another such reply is no new evidence.
  bool blamed_relay = false;
  /// The job before, another one, was cut off on a new connection as well.
  bool other_job_cut_off = false;
  /// This connection is new: nothing was sent on it before.
  bool new_connection = true;
  /// Earlier attempts of this job whose outcome is unknown.
  int unknown_outcomes = 0;
};

enum class FaultOwner { kMessage, kRelay, kPath };

/// When the job is tried again, unless another relay takes it right now.
enum class NextAttempt {
  kNever,
  /// 10 s, 1 m, 10 m, 1 h by the number of attempts.
  kBackOff,
  kRelayReturns,
  /// Not before limits::kUnknownOutcomePause.
  kUnknownPause
};

struct Verdict {
  FaultOwner owner = FaultOwner::kMessage;
  DeliveryOutcome outcome = DeliveryOutcome::kDeferred;
  /// Whether it costs the job an attempt.
  bool counts = true;
  /// The fault of the relay; and whether that holds it back.
  RelayFault fault = RelayFault::kNone;
  bool hold = false;
  bool try_next_relay = false;
  NextAttempt next = NextAttempt::kBackOff;

  bool operator==(const Verdict&) const = default;
};

/// `recipient`: whose address a reply may quote.
Verdict judge(const SmtpFailure& failure, const DeliveryHistory& history,
              std::string_view recipient);

/// "RCPT: 550 5.1.1 [address]: no such user": what people read about a failure. A reply to AUTH is
/// not quoted but for its codes.
std::string failure_words(const SmtpFailure& failure, std::string_view recipient);

/// "550 5.1.1 [address]: no such user": printable ASCII, at most limits::kSmtpReasonBytes. Words
/// with an '@' and the recipient's local part are replaced, the query of a link is cut off, and so
/// is any word too long to be a word: a filter may quote the message, whose link is a secret.
std::string server_words(const SmtpReply& reply, std::string_view recipient);

/// "535 5.7.8": for the replies to AUTH, which may quote what was sent.
std::string server_codes(const SmtpReply& reply);

}  // namespace postern
