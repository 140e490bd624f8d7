#include "mail_smtp/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/limits.hpp"

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

bool blames_relay(SmtpStep step, const SmtpReply& reply) {
  const int code = reply.code;
  if (code < 400 || code == 421) return true;
  if (code == 530 || code == 534 || code == 535 || code == 538) return true;
  if (step != SmtpStep::kMail || code < 500) return false;
  return code == 550 || code == 553 || reply.enhanced == "5.1.7" || reply.enhanced == "5.1.8" ||
         reply.enhanced.starts_with("5.7.");
}

}  // namespace

const char* step_name(SmtpStep step) {
  switch (step) {
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

DeliveryReport judge_refusal(SmtpStep step, const SmtpReply& reply, std::string_view recipient) {
  DeliveryReport report;
  report.relay_fault = blames_relay(step, reply);
  report.end = reply.code >= 500 && !report.relay_fault ? DeliveryEnd::kNever : DeliveryEnd::kLater;
  report.reason = std::string(step_name(step)) + ": " + server_words(reply, recipient);
  if (report.reason.size() > limits::kSmtpReasonBytes)
    report.reason.resize(limits::kSmtpReasonBytes);
  return report;
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
