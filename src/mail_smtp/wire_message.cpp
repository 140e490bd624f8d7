#include "mail_smtp/wire_message.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace postern {
namespace {

Error bad_mail(std::string_view what) {
  return Error{"bad_mail", Retry::kNever, std::string(what)};
}

bool may_stand_in_address(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet > 0x20 && octet < 0x7f && c != '<' && c != '>' && c != '"' && c != '\\';
}

/// Looks at every octet, without an early end: a loop that the compiler can make wide.
bool is_plain(std::string_view line) {
  unsigned bad = 0;
  for (const char c : line) {
    const auto octet = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(octet > 0x7f) | static_cast<unsigned>(octet == '\0') |
           static_cast<unsigned>(octet == '\r') | static_cast<unsigned>(octet == '\n');
  }
  return bad == 0;
}

Status check_line(std::string_view line) {
  if (line.size() > limits::kMailLineBytes) return bad_mail("message has a line over 998 bytes");
  if (!is_plain(line)) return bad_mail("message has a bare CR or LF, a NUL or an 8-bit octet");
  return {};
}

}  // namespace

Status check_envelope_address(std::string_view address) {
  if (address.size() > limits::kEmailBytes) return bad_mail("envelope address is too long");
  if (!std::all_of(address.begin(), address.end(), may_stand_in_address))
    return bad_mail("envelope address has a character that must not be sent");
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size() ||
      address.find('@', at + 1) != std::string_view::npos)
    return bad_mail("envelope address is not local@domain");
  return {};
}

Result<std::string> to_wire(std::string_view message) {
  std::string wire;
  wire.reserve(message.size() + message.size() / 32 + 8);
  std::size_t begin = 0;
  while (begin < message.size()) {
    const std::size_t end = message.find("\r\n", begin);
    if (end == std::string_view::npos) return bad_mail("message does not end with CRLF");
    const std::string_view line = message.substr(begin, end - begin);
    if (Status checked = check_line(line); !checked) return checked.error();
    if (line.starts_with('.')) wire += '.';
    wire.append(line).append("\r\n");
    begin = end + 2;
  }
  return wire.append(".\r\n");
}

}  // namespace postern
