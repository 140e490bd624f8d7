// The reply parser against any octets: in one piece and byte by byte it says the same, stays within
// its limits, and what comes out of it can be shown.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "mail_smtp/capabilities.hpp"
#include "mail_smtp/reply.hpp"
#include "mail_smtp/verdict.hpp"
#include "property.hpp"

namespace postern {
namespace {

struct Reading {
  std::vector<SmtpReply> replies;
  bool failed = false;
};

Reading read_all(std::string_view bytes, std::size_t piece_bytes) {
  Reading reading;
  SmtpReplyParser parser;
  for (std::size_t at = 0; at < bytes.size() && !reading.failed; at += piece_bytes) {
    std::string_view piece = bytes.substr(at, piece_bytes);
    while (!piece.empty()) {
      const Result<std::size_t> taken = parser.feed(piece);
      if (!taken) {
        reading.failed = true;
        break;
      }
      require(*taken > 0 && *taken <= piece.size());
      piece.remove_prefix(*taken);
      if (parser.complete()) reading.replies.push_back(parser.take());
    }
  }
  return reading;
}

void check(const SmtpReply& reply) {
  require(reply.code >= 200 && reply.code <= 599);
  require(!reply.lines.empty() && reply.lines.size() <= limits::kSmtpReplyLines);
  for (const std::string& line : reply.lines) {
    require(line.size() <= limits::kSmtpReplyTextBytes);
    require(line.find('\n') == std::string::npos);
  }
  static_cast<void>(parse_capabilities(reply));
  const SmtpFailure failure{.step = SmtpStep::kRcpt, .reply = reply};
  static_cast<void>(judge(failure, {}, "reader@example.net"));
  const std::string words = failure_words(failure, "reader@example.net");
  require(words.size() <= limits::kSmtpReasonBytes);
  require(words.find('@') == std::string::npos);
  for (const char c : words) require(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace postern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Reading whole = read_all(bytes, bytes.size() + 1);
  const Reading pieces = read_all(bytes, 1);
  require(whole.failed == pieces.failed && whole.replies.size() == pieces.replies.size());
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    require(whole.replies[i].lines == pieces.replies[i].lines);
    check(whole.replies[i]);
  }
  return 0;
}
