// What stands between the socket and the HTTP parser, on any bytes: a head and a chunked body are
// read the same in one piece and byte by byte, within their limits, and what is accepted has no
// line that another server would read otherwise.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "http/chunk_decoder.hpp"
#include "http/head_scanner.hpp"
#include "property.hpp"

namespace {

using namespace postern;

struct Head {
  bool complete = false;
  std::size_t bytes = 0;
  int status = 0;
};

Head scan(std::string_view received, std::size_t piece_bytes) {
  HeadScanner scanner;
  Head head;
  for (std::size_t end = 0; end < received.size() && !head.complete && head.status == 0;) {
    end += std::min(piece_bytes, received.size() - end);
    head.complete = scanner.scan(received.substr(0, end));
    if (scanner.refusal()) head.status = scanner.refusal()->status;
  }
  if (head.complete) head.bytes = scanner.head_bytes();
  return head;
}

void check_head(std::string_view received) {
  const Head whole = scan(received, received.size());
  const Head pieces = scan(received, 1);
  require(whole.complete == pieces.complete && whole.bytes == pieces.bytes);
  // A head that is refused for two reasons may be refused for the other one when it comes in
  // pieces.
  require((whole.status == 0) == (pieces.status == 0));
  if (!whole.complete) return;
  require(whole.bytes <= limits::kHeaderBytes && whole.bytes <= received.size());
  const std::string_view head = received.substr(0, whole.bytes);
  require(head.ends_with("\r\n\r\n") && !head.starts_with("\r\n"));
  require(head.find("\n ") == std::string_view::npos &&
          head.find("\n\t") == std::string_view::npos);
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1))
    require(head[at - 1] == '\r');
}

struct Body {
  std::string content;
  bool done = false;
  bool refused = false;
  std::size_t consumed = 0;
};

Body decode(std::string_view input, std::size_t piece_bytes) {
  ChunkDecoder decoder;
  Body body;
  while (!input.empty() && !decoder.done() && !decoder.refusal()) {
    const std::string_view piece = input.substr(0, piece_bytes);
    const std::size_t consumed = decoder.decode(piece, body.content);
    require(consumed <= piece.size());
    require(consumed == piece.size() || decoder.done() || decoder.refusal());
    body.consumed += consumed;
    input.remove_prefix(piece.size());
  }
  body.done = decoder.done();
  body.refused = decoder.refusal().has_value();
  return body;
}

void check_body(std::string_view input) {
  const Body whole = decode(input, input.size());
  const Body pieces = decode(input, 1);
  require(whole.done == pieces.done && whole.refused == pieces.refused);
  require(whole.content.size() <= limits::kBodyBytes);
  if (!whole.done) return;
  require(whole.content == pieces.content && whole.consumed == pieces.consumed);
  require(input.substr(0, whole.consumed).ends_with("0\r\n\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    check_head(text);
  } else {
    check_body(text);
  }
  return 0;
}
