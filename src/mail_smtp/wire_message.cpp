#include "mail_smtp/wire_message.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

Error bad_mail(std::string_view what) {
  return Error{"bad_mail", Retry::kNever, std::string(what)};
}

bool may_stand_in_address(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet > 0x20 && octet < 0x7f && c != '<' && c != '>' && c != '"' && c != '\\';
}

bool is_seven_bit_text(std::string_view message) {
  return message.find('\0') == std::string_view::npos && ascii::is_ascii(message);
}

/// `line` ends before its CRLF.
Status check_line(std::string_view line) {
  if (line.size() > limits::kMailLineBytes) return bad_mail("message has a line over 998 bytes");
  if (line.find('\r') != std::string_view::npos) return bad_mail("message has a bare CR");
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

Result<std::string> to_wire(std::string message) {
  if (!is_seven_bit_text(message)) return bad_mail("message has a NUL or an 8-bit octet");
  // Empty until a line wants a dot; then the message up to `copied`, stuffed.
  std::string stuffed;
  std::size_t copied = 0;
  std::size_t begin = 0;
  while (begin < message.size()) {
    const std::size_t end = message.find('\n', begin);
    if (end == std::string::npos) return bad_mail("message does not end with CRLF");
    if (end == begin || message[end - 1] != '\r') return bad_mail("message has a bare LF");
    const std::string_view line = std::string_view(message).substr(begin, end - 1 - begin);
    if (Status checked = check_line(line); !checked) return checked.error();
    if (line.starts_with('.')) {
      stuffed.append(message, copied, begin - copied).append(".");
      copied = begin;
    }
    begin = end + 1;
  }
  if (stuffed.empty()) return std::move(message.append(".\r\n"));
  return stuffed.append(message, copied).append(".\r\n");
}

}  // namespace postern
