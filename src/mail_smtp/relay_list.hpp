// Reads SMTP_RELAYS: further relays, comma-separated, in order of preference.
//
// An entry is HOST[:PORT], which is reached as the main relay is, or a URL of its own:
//   smtp://user:password@host:587     STARTTLS; with ?tls=none plaintext
//   smtps://user:password@host:465    TLS from the first byte
// User and password are percent-encoded, both or neither.
//
// Thread contract: pure functions.
// Looks nothing up and connects to nothing.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "mail_smtp/smtp_options.hpp"

namespace postern {

/// Options that an entry omits are as in `main`. Error: invalid_url; its detail quotes nothing,
/// since passwords are about.
Result<std::vector<SmtpOptions>> parse_relays(std::string_view list, const SmtpOptions& main);

}  // namespace postern
