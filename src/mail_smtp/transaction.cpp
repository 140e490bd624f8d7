// The part of SmtpSession that carries one letter: MAIL, RCPT and DATA, then the letter and its
// final dot. Where the server offers PIPELINING (RFC 2920), the three are one write; and the end of
// a letter and the head of the next one are another, since the end of the data may be the first of
// a group of commands: one round trip a letter.
#include <array>
#include <string>

#include "mail_smtp/session.hpp"

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
  std::optional<DeliveryReport> refusal = {};
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

SmtpOutcome SmtpSession::broken(std::string_view where, const Error& error) {
  usable_ = false;
  SmtpOutcome outcome{{DeliveryEnd::kLater, std::string(where) + ": " + error.detail, true}};
  outcome.cut_off = error.code == "smtp_closed";
  return outcome;
}

std::optional<SmtpOutcome> SmtpSession::open_letter(const SmtpHead& head, SmtpDeadline deadline) {
  if (!takes(head.bytes))
    return SmtpOutcome{{DeliveryEnd::kNever, "the letter is larger than the mail server takes"}};
  Progress progress{.announced = state_ == State::kAnnounced};
  state_ = State::kReady;
  SmtpOutcome outcome = ask(head, progress, deadline);
  if (progress.refusal) {
    // What was refused stays refused, when the connection was lost after it too.
    outcome = SmtpOutcome{*progress.refusal};
    if (!progress.lost) clear_transaction(progress, deadline);
    // A no to a MAIL that came with the end of another letter may be about that one.
    if (progress.announced && !progress.mail()) outcome.stale = outcome.keep_apart = true;
  } else if (!progress.lost) {
    state_ = State::kGoAhead;
    return std::nullopt;
  }
  if (!outcome.stale) ++transactions_;
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
      SmtpOutcome outcome = broken(step_name(at), reply ? Error{} : reply.error());
      if (reply) outcome.report = judge_refusal(at, *reply, head.to);
      outcome.cut_off = (reply || outcome.cut_off) && transactions_ > 0;
      outcome.stale = outcome.cut_off && at == SmtpStep::kMail;
      // To hang up after one letter is a habit of some; it is also what a server does that takes
      // the head of the next one for an attack.
      outcome.keep_apart =
          progress.announced && at == SmtpStep::kMail && (!outcome.cut_off || transactions_ == 1);
      return outcome;
    }
    progress.accepted[i] = accepts(at, *reply);
    if (!progress.accepted[i] && !progress.refusal)
      progress.refusal = judge_refusal(at, *reply, head.to);
    if (progress.refusal && !pipelining) break;
  }
  return {};
}

void SmtpSession::clear_transaction(const Progress& progress, SmtpDeadline deadline) {
  // A fault of the relay is not cured by going on; and a server that waits for a letter which it
  // partly refused might deliver an empty one.
  const bool would_deliver = progress.data() && progress.rcpt();
  if (progress.refusal->relay_fault || would_deliver) {
    if (progress.data()) usable_ = false;
    quit();
    return;
  }
  // "354" although nobody is to get it: end the letter that was not begun; the reply says nothing.
  const Result<SmtpReply> cleared = command(progress.data() ? ".\r\n" : "RSET\r\n", deadline);
  if (!cleared || cleared->code == 421 || (!progress.data() && !cleared->positive()))
    usable_ = false;
}

SmtpOutcome SmtpSession::send_letter(const SmtpHead& head, std::string& wire, const SmtpHead* next,
                                     SmtpDeadline deadline) {
  const char* const where = step_name(SmtpStep::kMessage);
  constexpr const char* kUnknown = "outcome unknown: after the final dot";
  ++transactions_;
  // An answer before the question would be taken for the one to the final dot.
  if (!unread_.empty()) return broken(where, Error{"smtp_protocol", Retry::kLater, "early reply"});
  if (next != nullptr) append_opening(wire, *next, capabilities_.size);
  const Status written = stream_.write(wire, step(options_.timeouts.data, deadline));
  if (!written) {
    // Alone, the final dot is in the last write: when that fails, the server cannot have the whole
    // letter. With a head behind it nobody knows.
    SmtpOutcome outcome = broken(next != nullptr ? kUnknown : where, written.error());
    outcome.after_dot = next != nullptr;
    return outcome;
  }
  state_ = next != nullptr ? State::kAnnounced : State::kReady;
  const Result<SmtpReply> reply = read_reply(step(options_.timeouts.data, deadline));
  SmtpOutcome outcome;
  if (!reply) {
    outcome = broken(kUnknown, reply.error());
  } else if (reply->positive()) {
    outcome.report = {DeliveryEnd::kDone, server_words(*reply, head.to)};
  } else {
    outcome = refused_letter(*reply, head, deadline);
  }
  outcome.after_dot = true;
  return outcome;
}

SmtpOutcome SmtpSession::refused_letter(const SmtpReply& reply, const SmtpHead& head,
                                        SmtpDeadline deadline) {
  SmtpOutcome outcome{judge_refusal(SmtpStep::kMessage, reply, head.to)};
  outcome.cut_off = reply.code == 421;
  if (outcome.report.relay_fault) {
    quit();
  } else if (state_ == State::kReady) {
    const Result<SmtpReply> cleared = command("RSET\r\n", deadline);
    if (!cleared || !cleared->positive()) usable_ = false;
  }
  return outcome;
}

}  // namespace postern
