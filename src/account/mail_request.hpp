// The work of registration and recovery after a request was accepted: it ends in one email or none.
//
//   [ choose the email by the account's state · count it against its limits ·
//     account + outbox + audit rows ] ─► done
//
// The limits of one recipient, none of which another one uses up:
//   confirm             MAIL_LIMIT_PER_ADDRESS, in the account's row, and the budgets of services
//   recover             MAIL_LIMIT_PER_ADDRESS, in the same windows; and one more whenever the
//                       link of the last one has expired, so that the owner always has a link or
//                       gets one, whatever others ask for
//   already-registered  one a day, and the budgets of services
//
// Callers outside operators' commands go through RequestResolver: a response must not wait for
// what depends on an account.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "account/services.hpp"
#include "model/accepted_request.hpp"
#include "model/mail_job.hpp"

namespace postern {

/// Which email an account's state calls for.
struct MailChoice {
  std::optional<MailKind> kind;
  /// Why there is none, for the audit: "unknown", "disabled".
  std::string_view no_mail_reason;
};

/// `current` is nullptr when there is no such account. An email without an account creates it.
using ChooseMail = MailChoice (*)(const Account* current);

/// The decision on a request.
struct MailDecision {
  /// Names the operation in the audit.
  std::string_view action;
  ChooseMail choose;
  /// The accepted request that this resolves, if any.
  std::optional<RequestPlace> resolves = {};
};

/// `done` gets the request back.
Operation mail_operation(AccountServices& services, MailRequest request, MailDecision decision,
                         std::function<void(Status, MailRequest)> done);
/// Submits it.
void request_mail(AccountServices& services, MailRequest request, MailDecision decision,
                  std::function<void(Status)> done);

}  // namespace postern
