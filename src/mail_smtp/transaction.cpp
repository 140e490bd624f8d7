// The part of SmtpSession that carries one letter: MAIL, RCPT and DATA, in one write where the
// server offers PIPELINING (RFC 2920), then the letter and its final dot.
#include <array>
#include <string>

#include "mail_smtp/session.hpp"

namespace postern {
namespace {

constexpr std::array kOpeningSteps = {SmtpStep::kMail, SmtpStep::kRcpt, SmtpStep::kData};

using Commands = std::array<std::string, kOpeningSteps.size()>;

Commands opening_commands(const SmtpEnvelope& envelope, std::size_t bytes, bool size_offered) {
  Commands commands = {"MAIL FROM:<" + std::string(envelope.from) + ">",
                       "RCPT TO:<" + std::string(envelope.to) + ">\r\n", "DATA\r\n"};
  if (size_offered) commands[0] += " SIZE=" + std::to_string(bytes);
  commands[0] += "\r\n";
  return commands;
}

bool accepts(SmtpStep step, const SmtpReply& reply) {
  return step == SmtpStep::kData ? reply.code == 354 : reply.positive();
}

}  // namespace

/// How far the server went along.
struct SmtpSession::Progress {
  std::array<bool, kOpeningSteps.size()> accepted{};
  std::optional<DeliveryReport> refusal;

  bool mail() const { return accepted[0]; }
  bool rcpt() const { return accepted[1]; }
  bool data() const { return accepted[2]; }
};

SmtpOutcome SmtpSession::deliver(const SmtpEnvelope& envelope, std::string_view wire,
                                 SmtpDeadline deadline) {
  if (capabilities_.size_limit > 0 && wire.size() > capabilities_.size_limit)
    return {{DeliveryEnd::kNever, "the letter is larger than the mail server takes"}};
  std::optional<SmtpOutcome> refused = begin(envelope, wire.size(), deadline);
  const SmtpOutcome outcome = refused ? *refused : end(envelope, wire, deadline);
  ++transactions_;
  return outcome;
}

SmtpOutcome SmtpSession::broken(std::string_view where, const Error& error) {
  usable_ = false;
  return {{DeliveryEnd::kLater, std::string(where) + ": " + error.detail, true}};
}

std::optional<SmtpOutcome> SmtpSession::begin(const SmtpEnvelope& envelope, std::size_t bytes,
                                              SmtpDeadline deadline) {
  const bool reused = transactions_ > 0;
  const Commands commands = opening_commands(envelope, bytes, capabilities_.size);
  const auto& timeouts = options_.timeouts;
  const bool pipelining = capabilities_.pipelining;
  Progress progress;
  for (std::size_t i = 0; i < kOpeningSteps.size(); ++i) {
    const SmtpStep at = kOpeningSteps[i];
    const SmtpDeadline by =
        step(at == SmtpStep::kData ? timeouts.data : timeouts.command, deadline);
    Status written;
    if (pipelining && i == 0) written = stream_.write(commands[0] + commands[1] + commands[2], by);
    if (!pipelining) written = stream_.write(commands[i], by);
    const Result<SmtpReply> reply = written ? read_reply(by) : Result<SmtpReply>(written.error());
    if (!reply || reply->code == 421) {
      SmtpOutcome outcome = broken(step_name(at), reply ? Error{} : reply.error());
      if (reply) outcome.report = judge_refusal(at, *reply, envelope.to);
      // What was refused before stays refused; the connection is lost either way.
      if (progress.refusal) return SmtpOutcome{*progress.refusal};
      outcome.stale =
          reused && at == SmtpStep::kMail && (reply || reply.error().code == "smtp_closed");
      return outcome;
    }
    progress.accepted[i] = accepts(at, *reply);
    if (!progress.accepted[i] && !progress.refusal)
      progress.refusal = judge_refusal(at, *reply, envelope.to);
    if (progress.refusal && !pipelining) break;
  }
  if (!progress.refusal) return std::nullopt;
  clear_transaction(progress, deadline);
  return SmtpOutcome{*progress.refusal};
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

SmtpOutcome SmtpSession::end(const SmtpEnvelope& envelope, std::string_view wire,
                             SmtpDeadline deadline) {
  const char* const where = step_name(SmtpStep::kMessage);
  // An answer before the question would be taken for the one to the final dot.
  if (!unread_.empty()) return broken(where, Error{"smtp_protocol", Retry::kLater, "early reply"});
  const SmtpDeadline by = step(options_.timeouts.data, deadline);
  // The final dot is in the last write: when it fails, the server cannot have the whole letter.
  if (Status written = stream_.write(wire, by); !written) return broken(where, written.error());
  const Result<SmtpReply> reply = read_reply(step(options_.timeouts.data, deadline));
  if (!reply) {
    return broken("outcome unknown: after the final dot", reply.error());
  }
  if (reply->positive()) return {{DeliveryEnd::kDone, server_words(*reply, envelope.to)}};
  SmtpOutcome outcome{judge_refusal(SmtpStep::kMessage, *reply, envelope.to)};
  if (outcome.report.relay_fault) {
    quit();
    return outcome;
  }
  const Result<SmtpReply> cleared = command("RSET\r\n", deadline);
  if (!cleared || !cleared->positive()) usable_ = false;
  return outcome;
}

}  // namespace postern
