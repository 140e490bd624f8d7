// The chunked transfer coding (RFC 9112, section 7.1), without its corners.
//
// Thread contract: one body, one thread.
// The limit of a body holds on the wire as well, so chunks of one byte each do not make it longer.
// Chunk extensions, trailers and bare line feeds are refused: no client needs them here, and
// servers disagree about them. Beast's own decoder is not used: a last chunk that arrives byte by
// byte fails one of its assertions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.hpp"

namespace postern {

class ChunkDecoder {
 public:
  /// Appends what `input` holds of the body to `body`; returns how much of it was consumed: all,
  /// unless the body ended or was refused.
  std::size_t decode(std::string_view input, std::string& body);
  bool done() const { return expected_ == Expected::kNothing; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  enum class Expected {
    kFirstDigit,
    kDigit,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kLastCr,
    kLastLf,
    kNothing,
  };

  std::size_t decode_some(std::string_view input, std::string& body);
  void take(char c, std::size_t body_bytes);
  void take_digit(char c, std::size_t body_bytes);
  void expect(char c, char wanted, Expected next);

  Expected expected_ = Expected::kFirstDigit;
  std::size_t chunk_bytes_ = 0;
  int size_digits_ = 0;
  /// Content and framing.
  std::size_t wire_bytes_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace postern
