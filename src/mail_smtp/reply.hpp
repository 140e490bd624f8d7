// Reads SMTP replies (RFC 5321, 4.2), within bounds and with patience: what a server means is what
// counts, and closing a connection for a matter of form delays every email behind it.
//
// A reply is one line or several with the same code: three digits from 200 to 599, '-' before every
// line but the last, text, CRLF or LF. Of a line limits::kSmtpReplyTextBytes are kept. Without a
// code, with another one midway, over limits::kSmtpReplyBytes in all or limits::kSmtpReplyLines
// lines it is an error: smtp_protocol, after which the connection is not to be used any more.
//
// Thread contract: one parser belongs to one thread.
// Octets of any kind are let through in the text (servers do send them); clean before showing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace postern {

struct SmtpReply {
  /// 200 to 599; 0: no reply.
  int code = 0;
  /// RFC 3463: "5.1.1"; empty when the server gave none or one of another class than `code`.
  std::string enhanced;
  /// Without codes and line ends; at least one line.
  std::vector<std::string> lines;

  bool positive() const { return code / 100 == 2; }
};

class SmtpReplyParser {
 public:
  /// Takes bytes up to and including the end of a reply; returns how many. Takes none while a
  /// complete reply waits for take().
  Result<std::size_t> feed(std::string_view bytes);
  bool complete() const { return complete_; }
  /// The complete reply; the parser starts anew.
  SmtpReply take();

 private:
  Status end_line();

  std::string line_;
  /// Of this reply, kept or not.
  std::size_t bytes_ = 0;
  SmtpReply reply_;
  bool complete_ = false;
};

}  // namespace postern
