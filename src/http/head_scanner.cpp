#include "http/head_scanner.hpp"

#include "base/limits.hpp"

namespace postern {
namespace {

/// Method and version stand beside the target in the request line.
constexpr std::size_t kRequestLineBytes = limits::kTargetBytes + 48;

}  // namespace

bool HeadScanner::scan(std::string_view received) {
  while (!refusal_) {
    const auto lf = received.find('\n', scanned_);
    if (lf == std::string_view::npos) {
      scanned_ = received.size();
      refusal_ = check_sizes(received.size());
      return false;
    }
    refusal_ = check_line(received, lf);
    const bool empty = lf == line_begin_ + 1;
    scanned_ = lf + 1;
    line_begin_ = lf + 1;
    in_request_line_ = false;
    if (!refusal_) refusal_ = check_sizes(lf + 1);
    if (empty && !refusal_) return true;
  }
  return false;
}

std::optional<Refusal> HeadScanner::check_line(std::string_view received, std::size_t lf) const {
  if (lf == line_begin_ || received[lf - 1] != '\r') return refusal::kBareLineFeed;
  if (in_request_line_) {
    if (lf == line_begin_ + 1) return refusal::kEmptyLine;
    if (lf - line_begin_ > kRequestLineBytes) return refusal::kTargetTooLong;
    return std::nullopt;
  }
  const char first = received[line_begin_];
  if (first == ' ' || first == '\t') return refusal::kFolded;
  return std::nullopt;
}

std::optional<Refusal> HeadScanner::check_sizes(std::size_t received_bytes) const {
  if (in_request_line_ && received_bytes > kRequestLineBytes) return refusal::kTargetTooLong;
  if (received_bytes > limits::kHeaderBytes) return refusal::kHeadTooLong;
  return std::nullopt;
}

}  // namespace postern
