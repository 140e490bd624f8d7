#include "mail/transfer_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "text/plain_text.hpp"

namespace postern {
namespace {

constexpr std::size_t kLineBytes = 76;
constexpr std::size_t kBase64LineInput = kLineBytes / 4 * 3;
constexpr std::string_view kWordStart = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";
constexpr std::size_t kWordBytes = 75;

/// The characters that quoted-printable leaves unchanged: printable ASCII but '=', and blanks
/// inside a line.
constexpr std::array<bool, 256> kLiteral = [] {
  std::array<bool, 256> literal{};
  for (std::size_t c = ' '; c <= '~'; ++c) literal[c] = c != '=';
  literal['\t'] = true;
  return literal;
}();

bool is_literal(char c) { return kLiteral[static_cast<unsigned char>(c)]; }

/// Whether eight bytes are all printable ASCII but '=': most of a template is.
bool are_eight_literals(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kOnes << 7U;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof(eight));
  const std::uint64_t below_space = (eight - kOnes * ' ') & ~eight;
  const std::uint64_t delete_or_above = (eight + kOnes) | eight;
  const std::uint64_t unequal = eight ^ kOnes * '=';
  const std::uint64_t equals_sign = (unequal - kOnes) & ~unequal;
  return ((below_space | delete_or_above | equals_sign) & kHighBits) == 0;
}

/// Writes where there is room for the worst case, since a check at every byte would cost more than
/// the bytes.
class QuotedPrintable {
 public:
  /// A code is three bytes, and a soft line end three more after 72 of them at least.
  static std::size_t room(std::size_t text_bytes) { return text_bytes * 3 + text_bytes / 8 + 8; }

  QuotedPrintable(char* out, std::string_view text)
      : out_(out), next_(text.data()), end_(text.data() + text.size()) {}

  /// Returns the end of what was written.
  char* write() {
    while (next_ != end_) {
      if (const int length = line_end_length(); length > 0) {
        guard_blank();
        put_line_end();
        next_ += length;
      } else if (is_literal(*next_) && !starts_badly()) {
        write_run();
      } else {
        write_code();
      }
    }
    guard_blank();
    return out_;
  }

 private:
  static constexpr std::ptrdiff_t kSoftLineBytes = kLineBytes - 1;

  int line_end_length() const {
    if (*next_ == '\n') return 1;
    return *next_ == '\r' && end_ - next_ > 1 && next_[1] == '\n' ? 2 : 0;
  }

  bool starts_badly() const {
    if (column_ > 0) return false;
    return *next_ == '.' || std::string_view(next_, end_).starts_with("From ");
  }

  void write_run() {
    if (column_ == kSoftLineBytes) return break_line();
    const char* const start = next_;
    const char* const stop = next_ + std::min(kSoftLineBytes - column_, end_ - next_);
    while (stop - next_ >= 8 && are_eight_literals(next_)) next_ += 8;
    while (next_ != stop && is_literal(*next_)) ++next_;
    out_ = std::copy(start, next_, out_);
    column_ += next_ - start;
  }

  void write_code() {
    if (column_ + 3 > kSoftLineBytes) return break_line();
    put_code(*next_++);
  }

  void break_line() {
    *out_++ = '=';
    put_line_end();
  }

  void put_line_end() {
    *out_++ = '\r';
    *out_++ = '\n';
    column_ = 0;
  }

  /// A blank at the end of a line may be lost on the way: it is written as a code.
  void guard_blank() {
    if (column_ == 0 || (out_[-1] != ' ' && out_[-1] != '\t')) return;
    const char blank = *--out_;
    --column_;
    if (column_ + 3 > kSoftLineBytes + 1) break_line();
    put_code(blank);
  }

  void put_code(char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    *out_++ = '=';
    *out_++ = kDigits[byte >> 4U];
    *out_++ = kDigits[byte & 0xfU];
    column_ += 3;
  }

  char* out_;
  const char* next_;
  const char* end_;
  std::ptrdiff_t column_ = 0;
};

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  const std::size_t start = out.size();
  out.resize(start + (left + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  for (; left >= 3; left -= 3, in += 3, to += 4) {
    const unsigned group = unsigned{in[0]} << 16U | unsigned{in[1]} << 8U | in[2];
    to[0] = kAlphabet[group >> 18U];
    to[1] = kAlphabet[group >> 12U & 63U];
    to[2] = kAlphabet[group >> 6U & 63U];
    to[3] = kAlphabet[group & 63U];
  }
  if (left == 0) return;
  const unsigned group = unsigned{in[0]} << 16U | (left == 2 ? unsigned{in[1]} << 8U : 0U);
  to[0] = kAlphabet[group >> 18U];
  to[1] = kAlphabet[group >> 12U & 63U];
  if (left == 2) to[2] = kAlphabet[group >> 6U & 63U];
}

std::string with_crlf(std::string_view text) {
  std::string canonical;
  canonical.reserve(text.size() + text.size() / 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) canonical.push_back('\r');
    canonical.push_back(text[i]);
  }
  return canonical;
}

/// The longest start of `text` of whole characters and at most `limit` bytes; one character at
/// least.
std::string_view whole_characters(std::string_view text, std::size_t limit) {
  std::size_t length = first_code_point(text).length;
  while (length < text.size()) {
    const std::size_t next = length + first_code_point(text.substr(length)).length;
    if (next > limit) break;
    length = next;
  }
  return text.substr(0, length);
}

}  // namespace

void append_quoted_printable(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.resize(start + QuotedPrintable::room(text.size()));
  const char* const end = QuotedPrintable(out.data() + start, text).write();
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void append_base64_text(std::string& out, std::string_view text) {
  const std::string canonical = with_crlf(text);
  std::string_view rest = canonical;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, kBase64LineInput);
    append_base64(out, line);
    out.append("\r\n");
    rest.remove_prefix(line.size());
  }
}

bool prefers_base64(std::string_view text) {
  // Eight bytes at a time: their high bits, added up in the highest byte.
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::size_t codes = 0;
  std::string_view rest = text;
  for (; rest.size() >= sizeof(std::uint64_t); rest.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, rest.data(), sizeof(eight));
    codes += (eight >> 7U & kOnes) * kOnes >> 56U;
  }
  // A code costs two bytes more than the character; base64 costs a third of the text.
  return codes * 6 > text.size();
}

void append_encoded_words(std::string& out, std::string_view text, std::size_t column) {
  constexpr std::size_t kFrame = kWordStart.size() + kWordEnd.size();
  while (!text.empty()) {
    const std::size_t room = std::min(kWordBytes, kLineBytes - column) - kFrame;
    const std::string_view word = whole_characters(text, room / 4 * 3);
    out.append(kWordStart);
    append_base64(out, word);
    out.append(kWordEnd);
    text.remove_prefix(word.size());
    if (!text.empty()) out.append("\r\n ");
    column = 1;
  }
}

}  // namespace postern
