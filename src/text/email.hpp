// Email addresses: what is accepted, and the two forms of one.
//
// Thread contract: pure functions.
// Refuses quoted local parts, comments, literals, encoded words, lists, display names, and
// non-ASCII local parts (no SMTPUTF8).
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

struct EmailAddress {
  /// The local part as given, the domain as lower-case A-labels (IDNA 2008): where mail is sent.
  std::string address;
  /// All in lower case: what accounts and limits are counted by. Plus tags are kept.
  std::string key;
};

/// RFC 5321, 4.1.2 Mailbox, dot-atom form only; at most 254 bytes, local part at most 64; the
/// domain has at least two labels of letters, digits and hyphens, 63 bytes each, and its last one
/// is not all digits. White space around it is ignored, as trim_blanks() does; line ends are an
/// error. Error: invalid_email.
Result<EmailAddress> parse_email(std::string_view text);

/// "a***@example.com": enough to recognise, not enough to write to. For operators' output.
std::string mask_email(std::string_view address);

}  // namespace postern
