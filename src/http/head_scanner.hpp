// Finds the end of a request's head, and refuses framing that servers read differently.
//
// Thread contract: one request at a time.
// Runs over the raw bytes before the parser sees them, since the parser unfolds obs-fold and waits
// for CRLF where a bare LF came. Knows lines only; what is in them is the parser's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/refusal.hpp"

namespace postern {

class HeadScanner {
 public:
  /// `received`: all bytes since the start of this head; earlier ones are not looked at again.
  /// True when the head is complete.
  bool scan(std::string_view received);
  /// The size of a complete head, its empty line included.
  std::size_t head_bytes() const { return line_begin_; }
  const std::optional<Refusal>& refusal() const { return refusal_; }
  void reset() { *this = HeadScanner(); }

 private:
  /// The fault of the line [line_begin_, lf], if it has one.
  std::optional<Refusal> check_line(std::string_view received, std::size_t lf) const;
  std::optional<Refusal> check_sizes(std::size_t received_bytes) const;

  std::size_t scanned_ = 0;
  std::size_t line_begin_ = 0;
  bool in_request_line_ = true;
  std::optional<Refusal> refusal_;
};

}  // namespace postern
