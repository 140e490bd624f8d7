// An address is taken apart at its "@"; each half is held against its grammar; the domain goes
// through IDNA only when it has to. The common case, a plain ASCII address, calls no library and
// allocates nothing but the two strings of the result: every registration comes through here.
//
// The detail of an error names the rule that was broken, never the text.
#include "text/email.hpp"

#include <idn2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/plain_text.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

constexpr std::size_t kLabelBytes = 63;
constexpr std::size_t kDomainBytes = 253;

constexpr std::array<bool, 256> make_atext() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) table[c] = ascii::is_alnum(static_cast<char>(c));
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) table[static_cast<int>(c)] = true;
  return table;
}

/// RFC 5322, 3.2.3 atext.
constexpr std::array<bool, 256> kAtext = make_atext();

Error refused(std::string_view rule) {
  return {.code = "invalid_email", .retry = Retry::kNever, .cause = std::string(rule)};
}

/// Dot-atom: atext in runs, with single dots between them.
bool is_dot_atom(std::string_view text) {
  bool dot_may_follow = false;
  for (const char c : text) {
    if (c == '.') {
      if (!dot_may_follow) return false;
      dot_may_follow = false;
    } else {
      if (!kAtext[static_cast<std::uint8_t>(c)]) return false;
      dot_may_follow = true;
    }
  }
  return dot_may_follow;
}

/// RFC 2047 words are made of atext, but a mail program on the way may decode one into another
/// address. Its opening with any further "?" is enough: some decoders are lax about its end.
bool may_hold_encoded_word(std::string_view text) {
  const std::size_t opening = text.find("=?");
  return opening != std::string_view::npos && text.find('?', opening + 2) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  for (const char c : label) {
    if (!ascii::is_alnum(c) && c != '-') return false;
  }
  return true;
}

/// Two labels or more, of which the last is not a number (then it would be an IPv4 address).
bool is_host_name(std::string_view domain) {
  if (domain.size() > kDomainBytes) return false;
  std::size_t start = 0;
  for (std::size_t dot; (dot = domain.find('.', start)) != std::string_view::npos;) {
    if (!is_label(domain.substr(start, dot - start))) return false;
    start = dot + 1;
  }
  const std::string_view last = domain.substr(start);
  return start > 0 && is_label(last) &&
         last.find_first_not_of("0123456789") != std::string_view::npos;
}

bool needs_idna(std::string_view domain) {
  bool label_starts = true;
  for (std::size_t at = 0; at < domain.size(); ++at) {
    if (static_cast<std::uint8_t>(domain[at]) >= 0x80) return true;
    if (label_starts && ascii::equals_ignoring_case(domain.substr(at, 4), "xn--")) return true;
    label_starts = domain[at] == '.';
  }
  return false;
}

struct Idn2Free {
  void operator()(void* text) const { idn2_free(text); }
};
template <class Char>
using Idn2String = std::unique_ptr<Char, Idn2Free>;

std::optional<std::string> idna_lookup(const std::string& domain, int flags) {
  std::uint8_t* output = nullptr;
  const auto* input = reinterpret_cast<const std::uint8_t*>(domain.c_str());
  const int status = idn2_lookup_u8(input, &output, flags);
  const Idn2String<std::uint8_t> owned(output);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(output));
}

std::optional<std::string> idna_to_unicode(const std::string& domain) {
  char* output = nullptr;
  const int status = idn2_to_unicode_8z8z(domain.c_str(), &output, 0);
  const Idn2String<char> owned(output);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(output);
}

/// UTS 46 mapping (case, width), then IDNA 2008 without it on what came out: the name that a reader
/// is shown must lead to the same A-labels, so that there is one form only of each domain.
std::optional<std::string> to_a_labels(const std::string& domain) {
  // The library reads up to a NUL; other controls have no business here either.
  for (const char c : domain) {
    if (ascii::is_control(c)) return std::nullopt;
  }
  if (!is_valid_utf8(domain)) return std::nullopt;
  std::optional<std::string> mapped = idna_lookup(domain, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  if (!mapped) return std::nullopt;
  *mapped = ascii::to_lower(*mapped);
  const std::optional<std::string> shown = idna_to_unicode(*mapped);
  if (!shown) return std::nullopt;
  const std::optional<std::string> again = idna_lookup(*shown, IDN2_NO_TR46 | IDN2_NFC_INPUT);
  if (!again || *again != *mapped) return std::nullopt;
  return mapped;
}

}  // namespace

Result<EmailAddress> parse_email(std::string_view text) {
  text = trim_blanks(text);
  if (text.size() > limits::kEmailBytes) return refused("length");
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return refused("at sign");
  const std::string_view local = text.substr(0, at);
  std::string_view domain = text.substr(at + 1);

  if (local.size() > limits::kEmailLocalBytes) return refused("local part length");
  if (!is_dot_atom(local)) return refused("local part");
  if (may_hold_encoded_word(local)) return refused("encoded word");

  std::optional<std::string> a_labels;
  if (needs_idna(domain)) {
    a_labels = to_a_labels(std::string(domain));
    if (!a_labels) return refused("idna");
    domain = *a_labels;
    if (at + 1 + domain.size() > limits::kEmailBytes) return refused("length");
  }
  if (!is_host_name(domain)) return refused("domain");

  EmailAddress result;
  result.address.reserve(at + 1 + domain.size());
  result.address.append(local).push_back('@');
  for (const char c : domain) result.address.push_back(ascii::to_lower(c));
  result.key = ascii::to_lower(result.address);
  return result;
}

std::string mask_email(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return "***";
  std::string masked;
  if (kAtext[static_cast<std::uint8_t>(address.front())]) masked.push_back(address.front());
  return masked.append("***").append(address.substr(at));
}

}  // namespace postern
