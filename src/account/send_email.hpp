// Sends an account the email that its state calls for once more, on an operator's request.
//
// Thread contract: any thread but the writer's; waits for the database.
#pragma once

#include <optional>
#include <string>

#include "account/services.hpp"

namespace postern {

struct EmailOrder {
  AccountRef account;
  /// kConfirm or kRecover; nothing: the one that fits.
  std::optional<MailKind> kind = {};
  RequestContext context;
};

struct QueuedEmail {
  std::string mail_id;
  MailKind kind = MailKind::kConfirm;
};

/// As recovery on the account's own request: unconfirmed, email `confirm`; confirmed, email
/// `recover`; in one transaction with its audit entry, and counted against the limits of the
/// address. Errors: not_found; unsuitable when the state allows no email, or not that one;
/// mail_limit (with the time from which on there is room) when a limit held it back.
Result<QueuedEmail> send_email(AccountServices& services, const EmailOrder& order);

}  // namespace postern
