// The email on the wire: RFC 5322 headers and a multipart/alternative body (RFC 2046).
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/mail.hpp"

namespace postern {

struct Sender {
  /// "Postern <no-reply@example.com>" taken apart.
  std::string name;
  std::string address;
};

/// Reads MAIL_FROM: an address, or a display name and an address in angle brackets.
/// Error: invalid_email.
Result<Sender> parse_sender(std::string_view text);

/// The whole message, CRLF line ends, lines of at most 998 bytes, not dot-stuffed yet. Text parts
/// are UTF-8 in quoted-printable or base64, headers RFC 2047 where needed. Refuses with bad_mail
/// (Retry::kNever) CR, LF, NUL and controls in whatever becomes a header (REQUIREMENTS M1).
/// `Message-ID` is <mail-id@domain of the sender>; `Auto-Submitted: auto-generated` (RFC 3834).
Result<std::string> to_mime(const Mail& mail, const Sender& sender);

}  // namespace postern
