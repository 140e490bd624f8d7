#include "mail_smtp/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/limits.hpp"
#include "mail_smtp/refusal_text.hpp"

namespace postern {
namespace {

// No status text has a longer word; a token has.
constexpr std::size_t kWordBytes = 48;

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool holds_address(std::string_view word) {
  const std::string folded = lower(word);
  return folded.find('@') != std::string::npos || folded.find("%40") != std::string::npos ||
         folded.find("=40") != std::string::npos;
}

std::string clean_word(std::string_view word) {
  if (holds_address(word)) return "[address]";
  if (const std::size_t query = word.find('?'); query != std::string_view::npos &&
                                                query + 1 < word.size() &&
                                                word.find('/') != std::string_view::npos)
    word = word.substr(0, query);
  if (word.size() > kWordBytes) return "[...]";
  std::string cleaned;
  for (const char c : word) cleaned += c > 0x20 && c < 0x7f ? c : '?';
  return cleaned;
}

void mask_whole_words(std::string& text, std::string_view word) {
  constexpr std::string_view kMask = "[recipient]";
  if (word.empty()) return;
  const std::string wanted = lower(word);
  std::string folded = lower(text);
  std::size_t at = 0;
  while ((at = folded.find(wanted, at)) != std::string::npos) {
    const std::size_t end = at + wanted.size();
    const bool whole = (at == 0 || !is_word_char(folded[at - 1])) &&
                       (end == folded.size() || !is_word_char(folded[end]));
    if (!whole) {
      ++at;
      continue;
    }
    text.replace(at, wanted.size(), kMask);
    folded.replace(at, wanted.size(), kMask);
    at += kMask.size();
  }
}

/// Before the first transaction: whatever goes wrong is not about the job.
RelayFault session_fault(const SmtpFailure& failure) {
  const Error& error = failure.error;
  if (failure.step == SmtpStep::kAuth && failure.has_reply())
    return failure.reply.code >= 500 ? RelayFault::kLogin : RelayFault::kPath;
  if (error.code == "smtp_auth" || error.code == "oauth_refused") return RelayFault::kLogin;
  if (error.code == "smtp_tls") return RelayFault::kTls;
  if (failure.step == SmtpStep::kEhlo && failure.has_reply()) return RelayFault::kName;
  return RelayFault::kPath;
}

/// Neither the recipient nor the content is known yet: only the size is the message's.
RelayFault mail_fault(const SmtpReply& reply) {
  if (reply.code == 552 || reply.enhanced.ends_with(".3.4")) return RelayFault::kNone;
  const RelayFault blamed = blamed_on_us(reply, {});
  if (blamed != RelayFault::kNone) return blamed;
  return reply.code < 500 ? RelayFault::kService : RelayFault::kSender;
}

RelayFault reply_fault(const SmtpFailure& failure, std::string_view recipient) {
  if (failure.step == SmtpStep::kMail) return mail_fault(failure.reply);
  return blamed_on_us(failure.reply, recipient);
}

Verdict relay_verdict(FaultOwner owner, RelayFault fault) {
  return {owner, DeliveryOutcome::kDeferred, false, fault, true, true, NextAttempt::kRelayReturns};
}

/// The connection ended, or what came over it was no reply, in the middle of a transaction.
Verdict judge_broken(const SmtpFailure& failure, const DeliveryHistory& history) {
  const bool evidence = history.new_connection && history.other_job_cut_off;
  if (failure.unknown) {
    Verdict verdict{.next = NextAttempt::kUnknownPause};
    if (evidence) verdict.fault = RelayFault::kService;
    verdict.hold = evidence;
    if (history.unknown_outcomes + 1 >= limits::kUnknownOutcomes) {
      verdict.outcome = DeliveryOutcome::kFailed;
      verdict.next = NextAttempt::kNever;
    }
    return verdict;
  }
  if (evidence) return relay_verdict(FaultOwner::kPath, RelayFault::kService);
  return {.try_next_relay = true};
}

}  // namespace

const char* step_name(SmtpStep step) {
  switch (step) {
    case SmtpStep::kConnect:
      return "connection";
    case SmtpStep::kGreeting:
      return "greeting";
    case SmtpStep::kEhlo:
      return "EHLO";
    case SmtpStep::kStartTls:
      return "STARTTLS";
    case SmtpStep::kAuth:
      return "AUTH";
    case SmtpStep::kMail:
      return "MAIL";
    case SmtpStep::kRcpt:
      return "RCPT";
    case SmtpStep::kData:
      return "DATA";
    case SmtpStep::kMessage:
      return "message";
  }
  return "";
}

Verdict judge(const SmtpFailure& failure, const DeliveryHistory& history,
              std::string_view recipient) {
  if (failure.step < SmtpStep::kMail) {
    const FaultOwner owner = failure.has_reply() ? FaultOwner::kRelay : FaultOwner::kPath;
    return relay_verdict(owner, session_fault(failure));
  }
  // A code that means nothing here is as good as none.
  if (!failure.has_reply() || failure.reply.code < 400) return judge_broken(failure, history);
  const RelayFault fault = reply_fault(failure, recipient);
  if (fault == RelayFault::kNone) {
    if (failure.reply.code < 500) return {};
    return {.outcome = DeliveryOutcome::kFailed, .next = NextAttempt::kNever};
  }
  Verdict verdict = relay_verdict(FaultOwner::kRelay, fault);
  if (history.blamed_relay && failure.step != SmtpStep::kMail) {
    // Once more the same about the same job: perhaps it is about the job after all.
    verdict.hold = false;
    verdict.counts = true;
    verdict.next = NextAttempt::kBackOff;
  }
  return verdict;
}

std::string failure_words(const SmtpFailure& failure, std::string_view recipient) {
  // A session's own errors name their step.
  if (failure.step < SmtpStep::kMail && !failure.error.cause.empty()) return failure.error.cause;
  std::string words(step_name(failure.step));
  if (failure.unknown) words = "outcome unknown: after the final dot";
  words += ": ";
  if (!failure.has_reply())
    words += failure.error.cause;
  else if (failure.step == SmtpStep::kAuth)
    words += server_codes(failure.reply);
  else
    words += server_words(failure.reply, recipient);
  if (words.size() > limits::kSmtpReasonBytes) words.resize(limits::kSmtpReasonBytes);
  return words;
}

std::string server_words(const SmtpReply& reply, std::string_view recipient) {
  std::string text;
  for (const std::string& line : reply.lines) {
    std::size_t begin = 0;
    while ((begin = line.find_first_not_of(" \t", begin)) != std::string::npos) {
      const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
      if (!text.empty()) text += ' ';
      text += clean_word(std::string_view(line).substr(begin, end - begin));
      begin = end;
    }
  }
  mask_whole_words(text, recipient.substr(0, recipient.find('@')));
  std::string words = server_codes(reply);
  if (!text.empty()) words.append(" ").append(text);
  if (words.size() > limits::kSmtpReasonBytes) words.resize(limits::kSmtpReasonBytes);
  return words;
}

std::string server_codes(const SmtpReply& reply) {
  std::string codes = std::to_string(reply.code);
  if (!reply.enhanced.empty()) codes.append(" ").append(reply.enhanced);
  return codes;
}

}  // namespace postern
