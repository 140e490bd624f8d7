#include "text/encoded_word.hpp"

#include <unicode/ucnv.h>

#include <algorithm>
#include <optional>

#include "text/ascii.hpp"

namespace postern {
namespace {

struct EncodedWord {
  std::string_view charset;
  std::string bytes;
  /// In the text, with its "=?" and "?=".
  std::size_t size = 0;
};

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

std::optional<std::string> decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = ascii::hex_value(text[i + 1]);
    const int low = ascii::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

/// The encoded word that `text` begins with.
std::optional<EncodedWord> read_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?')
    return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view charset = text.substr(2, charset_end - 2);
  // RFC 2231, 5: a language may follow.
  charset = charset.substr(0, charset.find('*'));
  const std::string_view encoded = text.substr(begin, end - begin);
  const char encoding = ascii::to_lower(text[charset_end + 1]);
  auto bytes = encoding == 'b'   ? decode_base64(encoded)
               : encoding == 'q' ? decode_q(encoded)
                                 : std::nullopt;
  if (!bytes) return std::nullopt;
  return EncodedWord{charset, *std::move(bytes), end + 2};
}

std::optional<std::string> to_utf8(std::string_view charset, const std::string& bytes) {
  UErrorCode status = U_ZERO_ERROR;
  // No charset has a byte that becomes more than four.
  std::string text(bytes.size() * 4 + 4, '\0');
  const auto size = ucnv_convert("UTF-8", std::string(charset).c_str(), text.data(),
                                 static_cast<std::int32_t>(text.size()), bytes.data(),
                                 static_cast<std::int32_t>(bytes.size()), &status);
  if (U_FAILURE(status)) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::size_t blanks(std::string_view text) {
  return std::min(text.find_first_not_of(" \t"), text.size());
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    auto word = read_word(text);
    if (!word) {
      decoded += text.front();
      text.remove_prefix(1);
      continue;
    }
    // A character may be cut in two between words of one charset.
    std::size_t size = word->size;
    for (;;) {
      const auto rest = text.substr(size);
      const auto next = read_word(rest.substr(blanks(rest)));
      if (!next || !ascii::equals_ignoring_case(next->charset, word->charset)) break;
      word->bytes += next->bytes;
      size += blanks(rest) + next->size;
    }
    const auto utf8 = to_utf8(word->charset, word->bytes);
    decoded += utf8 ? *utf8 : std::string(text.substr(0, size));
    text.remove_prefix(size);
    if (utf8 && read_word(text.substr(blanks(text)))) text.remove_prefix(blanks(text));
  }
  return decoded;
}

}  // namespace postern
