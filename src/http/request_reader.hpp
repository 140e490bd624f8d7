// Bytes in, requests out: the input side of a connection without its socket.
//
// Thread contract: one connection, one thread. A private header: only this folder sees Beast.
// Holds at most limits::kHeaderBytes of unread input, and keeps what belongs to the next request.
// Does no I/O, knows no time-outs and no routes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/chunk_decoder.hpp"
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"

namespace postern {

class RequestReader {
 public:
  RequestReader() = default;
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  /// Wipes what it holds: so it does with a body that was taken.
  ~RequestReader();

  enum class Progress {
    kNeedMore,
    /// The client waits for "100 Continue" before it sends the body.
    kContinue,
    kComplete,
    /// refusal() says why; nothing after it may be read as a request.
    kRefused,
  };

  /// The next request; bytes that are already here are its beginning. `request` must outlive it.
  void begin(HttpRequest& request);
  /// Where to read into; never empty after kNeedMore.
  std::span<char> space();
  void received(std::size_t bytes) { end_ += bytes; }
  /// Goes as far as the bytes reach.
  Progress advance();

  /// Some of the request was received.
  bool started() const { return in_body_ || begin_ != end_; }
  bool in_body() const { return in_body_; }
  const Refusal& refusal() const { return refusal_; }
  const std::string& target() const { return parser_->target(); }
  /// Whether the client lets the connection go on. HTTP/1.0 is answered once.
  bool keep_alive() const { return parser_->is_http11() && parser_->keep_alive(); }

 private:
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  Progress read_head();
  Progress read_body();
  bool take_body();
  void take_bytes(std::size_t bytes);
  void wipe_buffer();
  Progress refuse(const Refusal& refusal);

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HttpRequest* request_ = nullptr;
  HeadScanner scanner_;
  std::optional<RequestParser> parser_;
  ChunkDecoder chunks_;
  bool in_body_ = false;
  bool continue_sent_ = false;
  Refusal refusal_;
};

}  // namespace postern
