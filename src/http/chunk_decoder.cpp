#include "http/chunk_decoder.hpp"

#include <algorithm>

#include "base/connection_limits.hpp"
#include "base/limits.hpp"
#include "http/refusal.hpp"
#include "text/ascii.hpp"

namespace postern {

namespace {

constexpr std::size_t kWireBytes = limits::kBodyBytes + limits::kChunkFramingBytes;

}  // namespace

std::size_t ChunkDecoder::decode(std::string_view input, std::string& body) {
  const std::size_t used = decode_some(input.substr(0, kWireBytes - wire_bytes_), body);
  wire_bytes_ += used;
  if (wire_bytes_ == kWireBytes && !done() && !refusal_) refusal_ = refusal::kBodyTooLarge;
  return used;
}

std::size_t ChunkDecoder::decode_some(std::string_view input, std::string& body) {
  std::size_t used = 0;
  while (used < input.size() && !done() && !refusal_) {
    if (expected_ != Expected::kData) {
      take(input[used++], body.size());
      continue;
    }
    const std::size_t bytes = std::min(chunk_bytes_, input.size() - used);
    body.append(input.substr(used, bytes));
    used += bytes;
    chunk_bytes_ -= bytes;
    if (chunk_bytes_ == 0) expected_ = Expected::kDataCr;
  }
  return used;
}

void ChunkDecoder::take(char c, std::size_t body_bytes) {
  switch (expected_) {
    case Expected::kFirstDigit:
    case Expected::kDigit:
      return take_digit(c, body_bytes);
    case Expected::kSizeLf:
      return expect(c, '\n', chunk_bytes_ > 0 ? Expected::kData : Expected::kLastCr);
    case Expected::kDataCr:
      return expect(c, '\r', Expected::kDataLf);
    case Expected::kDataLf:
      return expect(c, '\n', Expected::kFirstDigit);
    case Expected::kLastCr:
      return expect(c, '\r', Expected::kLastLf);
    case Expected::kLastLf:
      return expect(c, '\n', Expected::kNothing);
    case Expected::kData:
    case Expected::kNothing:
      return;
  }
}

void ChunkDecoder::take_digit(char c, std::size_t body_bytes) {
  if (expected_ == Expected::kDigit && c == '\r') {
    expected_ = Expected::kSizeLf;
    return;
  }
  const int digit = ascii::hex_value(c);
  size_digits_ = expected_ == Expected::kDigit ? size_digits_ + 1 : 1;
  if (digit < 0 || size_digits_ > limits::kChunkSizeDigits) {
    refusal_ = refusal::kBadChunk;
    return;
  }
  chunk_bytes_ = chunk_bytes_ * 16 + static_cast<std::size_t>(digit);
  expected_ = Expected::kDigit;
  if (body_bytes + chunk_bytes_ > limits::kBodyBytes) refusal_ = refusal::kBodyTooLarge;
}

void ChunkDecoder::expect(char c, char wanted, Expected next) {
  if (c == wanted) {
    expected_ = next;
  } else {
    refusal_ = refusal::kBadChunk;
  }
}

}  // namespace postern
