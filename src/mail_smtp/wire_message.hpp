// The last look at an email before it goes onto the wire: its envelope and its octets.
//
// Thread contract: pure functions.
// Trusts no caller: checks again what the composer and the edge have checked (REQUIREMENTS M1, M8).
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Refuses, with bad_mail and Retry::kNever, an address that is empty or over limits::kEmailBytes,
/// has not exactly one '@' with something on both sides, or holds a control, a space, '<', '>', a
/// quote, a backslash or an octet above 127: nothing of these can end or extend an SMTP command.
Status check_envelope_address(std::string_view address);

/// The message as it follows DATA: dot-stuffed (RFC 5321, 4.5.2) and ended by the final dot.
/// Refuses, with bad_mail and Retry::kNever, a bare CR or LF, NUL, an octet above 127, a line over
/// 998 bytes and a message that does not end with CRLF. No line of ours begins with a dot: then
/// nothing is copied.
Result<std::string> to_wire(std::string message);

}  // namespace postern
