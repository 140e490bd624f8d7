// The part of SmtpSession that carries one email: MAIL, RCPT and DATA, then the email and its
// final dot. Where the server offers PIPELINING (RFC 2920), the three are one write; and the end of
// an email and the head of the next one are another, since the end of the data may be the first of
// a group of commands: one round trip an email.
#include <algorithm>
#include <array>
#include <string>

#include "mail_smtp/smtp_session.hpp"

namespace postern {
namespace {

constexpr std::array kOpeningSteps = {SmtpStep::kMail, SmtpStep::kRcpt, SmtpStep::kData};

void append_command(std::string& out, SmtpStep step, const SmtpHead& head, bool size_offered) {
  if (step == SmtpStep::kMail) {
    out.append("MAIL FROM:<").append(head.from).append(">");
    if (size_offered) out.append(" SIZE=").append(std::to_string(head.bytes));
    out.append("\r\n");
  } else if (step == SmtpStep::kRcpt) {
    out.append("RCPT TO:<").append(head.to).append(">\r\n");
  } else {
    out.append("DATA\r\n");
  }
}

void append_opening(std::string& out, const SmtpHead& head, bool size_offered) {
  for (const SmtpStep step : kOpeningSteps) append_command(out, step, head, size_offered);
}

bool accepts(SmtpStep step, const SmtpReply& reply) {
  return step == SmtpStep::kData ? reply.code == 354 : reply.positive();
}

}  // namespace

/// How far the server went along.
struct SmtpSession::Progress {
  bool announced = false;
  std::array<bool, kOpeningSteps.size()> accepted{};
  std::optional<SmtpFailure> refusal = {};
  /// The connection ended, or must not be used any more.
  bool lost = false;

  bool mail() const { return accepted[0]; }
  bool rcpt() const { return accepted[1]; }
  bool data() const { return accepted[2]; }
};

bool SmtpSession::takes(std::size_t bytes) const {
  return capabilities_.size_limit == 0 || bytes <= capabilities_.size_limit;
}

bool SmtpSession::may_announce(const SmtpHead& next) const {
  return capabilities_.pipelining && takes(next.bytes) &&
         transactions_ + 1 < options_.mails_per_connection;
}

SmtpOutcome SmtpSession::broken(SmtpStep step, const Error& error) {
  usable_ = false;
  return {.failure = SmtpFailure{step, {}, error}};
}

std::optional<SmtpOutcome> SmtpSession::pending_mail(const SmtpHead& head, SmtpDeadline deadline) {
  const bool is_new = transactions_ == 0;
  if (!takes(head.bytes)) {
    const SmtpReply too_large{552, "5.3.4", {"the message is larger than the mail server takes"}};
    return SmtpOutcome{.failure = SmtpFailure{SmtpStep::kMail, too_large}};
  }
  Progress progress{.announced = state_ == State::kAnnounced};
  state_ = State::kReady;
  SmtpOutcome outcome = ask(head, progress, deadline);
  if (progress.refusal) {
    // A refusal stays one when the connection is lost after it.
    outcome = SmtpOutcome{.failure = *progress.refusal};
    if (!progress.lost) clear_transaction(progress, deadline);
    // A no to a MAIL that came with the end of another email may be about that one.
    if (progress.announced && !progress.mail()) outcome.stale = outcome.keep_apart = true;
  } else if (!progress.lost) {
    state_ = State::kGoAhead;
    return std::nullopt;
  }
  if (!outcome.stale) ++transactions_;
  outcome.new_connection = is_new;
  return outcome;
}

SmtpOutcome SmtpSession::ask(const SmtpHead& head, Progress& progress, SmtpDeadline deadline) {
  const auto& timeouts = options_.timeouts;
  const bool pipelining = capabilities_.pipelining;
  std::string commands;
  if (pipelining && !progress.announced) append_opening(commands, head, capabilities_.size);
  for (std::size_t i = 0; i < kOpeningSteps.size(); ++i) {
    const SmtpStep at = kOpeningSteps[i];
    const SmtpDeadline by =
        step(at == SmtpStep::kData ? timeouts.data : timeouts.command, deadline);
    if (!pipelining) append_command(commands, at, head, capabilities_.size);
    const Status written = stream_.write(commands, by);
    commands.clear();
    const Result<SmtpReply> reply = written ? read_reply(by) : Result<SmtpReply>(written.error());
    if (!reply || reply->code == 421) {
      progress.lost = true;
      const bool hung_up = reply || reply.error().code == "smtp_closed";
      const bool served = hung_up && transactions_ > 0;
      SmtpOutcome outcome = broken(at, reply ? Error{} : reply.error());
      if (reply) outcome.failure->reply = *reply;
      outcome.stale = served && at == SmtpStep::kMail;
      // To hang up after one email is a habit of some; it is also what a server does that takes
      // the head of the next one for an attack.
      outcome.keep_apart =
          progress.announced && at == SmtpStep::kMail && (!served || transactions_ == 1);
      return outcome;
    }
    progress.accepted[i] = accepts(at, *reply);
    if (!progress.accepted[i] && !progress.refusal) progress.refusal = SmtpFailure{at, *reply};
    if (progress.refusal && !pipelining) break;
  }
  return {};
}

void SmtpSession::clear_transaction(const Progress& progress, SmtpDeadline deadline) {
  // A code that means nothing here is not cured by going on; and a server that waits for an email
  // which it partly refused might deliver an empty one.
  const bool would_deliver = progress.data() && progress.rcpt();
  if (progress.refusal->reply.code < 400 || would_deliver) {
    if (progress.data()) usable_ = false;
    quit();
    return;
  }
  // "354" although no recipient was accepted: end the email that was not begun; the reply says
  // nothing.
  const Result<SmtpReply> cleared = command(progress.data() ? ".\r\n" : "RSET\r\n", deadline);
  if (!cleared || cleared->code == 421 || (!progress.data() && !cleared->positive()))
    usable_ = false;
}

SmtpOutcome SmtpSession::send_mail(const SmtpHead& head, std::string& wire,
                                   const AnnouncedMail* next, SmtpDeadline deadline) {
  const bool is_new = transactions_ == 0;
  ++transactions_;
  const auto ended = [is_new](SmtpOutcome outcome, bool unknown) {
    outcome.new_connection = is_new;
    if (outcome.failure) outcome.failure->unknown = unknown;
    return outcome;
  };
  // An answer before the question would be taken for the one to the final dot.
  if (!unread_.empty())
    return ended(broken(SmtpStep::kMessage, {"smtp_protocol", Retry::kLater, "early reply"}),
                 false);
  if (next != nullptr) append_opening(wire, next->head, capabilities_.size);
  const Status written = stream_.write(wire, step(options_.timeouts.block, deadline));
  // Alone, the final dot is in the last write: when that fails, the server cannot have the whole
  // email. With a head behind it that is not known.
  if (!written) return ended(broken(SmtpStep::kMessage, written.error()), next != nullptr);
  state_ = next != nullptr ? State::kAnnounced : State::kReady;
  const Result<SmtpReply> reply = read_dot_reply(next);
  if (!reply) return ended(broken(SmtpStep::kMessage, reply.error()), true);
  if (reply->positive()) return ended({.words = server_words(*reply, head.to)}, false);
  return ended(refused_mail(*reply, deadline), reply->code < 400);
}

/// However long it takes, no other message waits for it: an announced message goes elsewhere.
Result<SmtpReply> SmtpSession::read_dot_reply(const AnnouncedMail* next) {
  const auto now = std::chrono::steady_clock::now();
  const SmtpDeadline by = now + options_.timeouts.final_dot;
  if (next == nullptr) return read_reply(by);
  Result<SmtpReply> reply = read_reply(std::min(now + options_.timeouts.quick_dot, by));
  if (reply || reply.error().code != "smtp_timeout") return reply;
  next->withdraw();
  reply = read_reply(by);
  // The server waits for the message whose head it has, and will not get it here.
  usable_ = false;
  return reply;
}

SmtpOutcome SmtpSession::refused_mail(const SmtpReply& reply, SmtpDeadline deadline) {
  SmtpOutcome outcome{.failure = SmtpFailure{SmtpStep::kMessage, reply}};
  if (reply.code == 421 || reply.code < 400) {
    usable_ = false;
  } else if (usable_ && state_ == State::kReady) {
    const Result<SmtpReply> cleared = command("RSET\r\n", deadline);
    if (!cleared || !cleared->positive()) usable_ = false;
  }
  return outcome;
}

}  // namespace postern
