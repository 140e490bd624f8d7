#include "text/json_writer.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace postern {
namespace {

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

/// Length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7); 0 when it is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !is_continuation(text, at + 1)) return 0;
  if (lead < 0xE0) return 2;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (!is_continuation(text, at + 2)) return 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = lead == 0xF0 && second < 0x90;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || too_large || !is_continuation(text, at + 3) ? 0 : 4;
}

void append_control(std::string& out, unsigned char control) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[control >> 4U];
  out += kHex[control & 0x0FU];
}

constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

constexpr std::uint64_t eight_of(std::uint64_t byte) { return byte * 0x0101010101010101U; }

/// Not zero when one of the eight bytes is.
constexpr std::uint64_t zeros(std::uint64_t eight) {
  return (eight - eight_of(1)) & ~eight & eight_of(0x80);
}

bool are_plain(std::uint64_t eight) {
  const std::uint64_t below_space = (eight - eight_of(0x20)) & ~eight & eight_of(0x80);
  const std::uint64_t special =
      zeros(eight ^ eight_of('"')) | zeros(eight ^ eight_of('\\')) | zeros(eight ^ eight_of(0x7F));
  return ((eight & eight_of(0x80)) | below_space | special) == 0;
}

/// Where the run of plain characters that begins at `at` ends.
std::size_t end_of_plain(std::string_view text, std::size_t at) {
  std::uint64_t eight = 0;
  for (; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (!are_plain(eight)) break;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void append_escaped(std::string& out, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = end_of_plain(text, at);
    out += text.substr(at, end - at);
    at = end;
    if (at == text.size()) return;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) {
      append_control(out, byte);
      ++at;
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[at++];
    } else if (const std::size_t length = sequence_length(text, at); length > 0) {
      out += text.substr(at, length);
      at += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++at;
    }
  }
}

}  // namespace

JsonWriter::JsonWriter(std::size_t size_hint) { out_.reserve(size_hint); }

void JsonWriter::begin_field(std::string_view key) {
  out_ += out_.empty() ? "{\"" : ",\"";
  out_ += key;
  out_ += "\":";
}

JsonWriter& JsonWriter::text(std::string_view key, std::string_view value) {
  begin_field(key);
  out_ += '"';
  append_escaped(out_, value);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::string_view key, std::int64_t value) {
  begin_field(key);
  out_ += std::to_string(value);
  return *this;
}

std::string JsonWriter::finish() {
  out_ += out_.empty() ? "{}" : "}";
  return std::exchange(out_, {});
}

}  // namespace postern
