#include "mail_smtp/reply.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace postern {
namespace {

Error broken_reply(std::string_view what) {
  return Error{"smtp_protocol", Retry::kLater, "reply of the mail server: " + std::string(what)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 0 when `line` does not begin with a reply code.
int parse_code(std::string_view line) {
  if (line.size() < 3) return 0;
  if (line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/// Skips 1 to 3 digits from `at`; npos when there are none or more.
std::size_t skip_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end == at || end - at > 3 ? std::string_view::npos : end;
}

/// The length of the enhanced status code (RFC 3463, 2) that `text` begins with, 0 for none.
std::size_t enhanced_length(std::string_view text, int code) {
  if (text.size() < 5 || text[0] - '0' != code / 100 || text[1] != '.') return 0;
  const std::size_t subject_end = skip_number(text, 2);
  if (subject_end >= text.size() || text[subject_end] != '.') return 0;
  const std::size_t end = skip_number(text, subject_end + 1);
  if (end == std::string_view::npos || (end < text.size() && text[end] != ' ')) return 0;
  return end;
}

}  // namespace

Result<std::size_t> SmtpReplyParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !complete_) {
    const char c = bytes[taken++];
    if (++bytes_ > limits::kSmtpReplyBytes) return broken_reply("too long");
    if (c == '\n') {
      if (Status ended = end_line(); !ended) return ended.error();
    } else if (line_.size() < limits::kSmtpReplyTextBytes) {
      line_ += c;
    }
  }
  return taken;
}

Status SmtpReplyParser::end_line() {
  while (line_.ends_with('\r')) line_.pop_back();
  const int code = parse_code(line_);
  if (code == 0) return broken_reply("no reply code");
  if (!reply_.lines.empty() && code != reply_.code) return broken_reply("code changes midway");
  if (reply_.lines.size() == limits::kSmtpReplyLines) return broken_reply("too many lines");
  const char separator = line_.size() > 3 ? line_[3] : ' ';
  if (separator != ' ' && separator != '-') return broken_reply("no space after the code");

  reply_.code = code;
  std::string_view text = std::string_view(line_).substr(std::min<std::size_t>(4, line_.size()));
  if (const std::size_t length = enhanced_length(text, code); length > 0) {
    if (reply_.enhanced.empty()) reply_.enhanced = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  reply_.lines.emplace_back(text);
  complete_ = separator == ' ';
  if (complete_) bytes_ = 0;
  line_.clear();
  return {};
}

SmtpReply SmtpReplyParser::take() {
  complete_ = false;
  return std::exchange(reply_, {});
}

}  // namespace postern
