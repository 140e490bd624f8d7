// What registration and recovery share: a request that ends in a letter, or in none.
//
//   submit ─► [ choose the letter by the account's state · count it against the address's limit ·
//               account + outbox + audit rows ] ─► done
//
// Every way through writes at least the audit row, so that each costs one commit and the answer's
// time tells nothing (REQUIREMENTS E2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "account/services.hpp"
#include "model/mail_job.hpp"
#include "text/email.hpp"

namespace postern {

struct MailRequest {
  EmailAddress email;
  /// "en" or "ru".
  std::string locale;
  /// Checked against RETURN_URLS already; may be empty.
  std::string return_to;
  RequestContext context;
};

/// Which letter an account's state calls for.
struct LetterChoice {
  std::optional<MailKind> kind;
  /// Why there is none, for the audit: "unknown", "disabled".
  std::string_view no_mail_reason;
};

/// `current` is nullptr when there is no such account. A letter for nobody makes the account.
using ChooseLetter = LetterChoice (*)(const Account* current);

/// `action` names the operation in the audit.
void request_mail(AccountServices& services, MailRequest request, std::string_view action,
                  ChooseLetter choose, std::function<void(Status)> done);

}  // namespace postern
