#include "account/mail_request.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/letter.hpp"
#include "base/ids.hpp"

namespace postern {
namespace {

/// One request on its way through the writer.
struct Pending {
  AccountServices& services;
  MailRequest request;
  std::string action;
  ChooseLetter choose;
  /// The letter that the limit held back, by the latest decision.
  std::optional<MailKind> held;
};

Account new_account(const MailRequest& request, TimePoint now) {
  Account account;
  account.id = new_id(now);
  account.email = request.email.address;
  account.email_key = request.email.key;
  account.locale = request.locale;
  account.created_at = now;
  account.updated_at = now;
  return account;
}

Changes decide(Pending& pending, const Account* current) {
  const TimePoint now = pending.services.clock.now();
  const LetterChoice choice = pending.choose(current);
  pending.held.reset();
  Changes changes;
  std::string outcome;
  std::string account_id = current ? current->id : std::string();

  if (choice.kind) {
    Account account = current ? *current : new_account(pending.request, now);
    account_id = account.id;
    if (count_letter(account.mail_windows, pending.services.settings.mails_per_address, now)) {
      changes.outbox.push_back(make_letter(
          {account, *choice.kind, account.email, pending.request.locale, pending.request.return_to},
          pending.request.context, now));
      if (!current)
        announce(pending.services, changes, {"account.registered", account.id, {}, now});
      changes.account = std::move(account);
      outcome.append("mail:").append(to_string(*choice.kind));
    } else {
      pending.held = choice.kind;
      outcome = "none:limit";
    }
  } else {
    outcome.append("none:").append(choice.no_mail_reason);
  }
  changes.audit.push_back({new_id(now), now, pending.action, std::move(outcome),
                           std::move(account_id), pending.request.context.request_id});
  return changes;
}

}  // namespace

void request_mail(AccountServices& services, MailRequest request, std::string_view action,
                  ChooseLetter choose, std::function<void(Status)> done) {
  if (services.outbox_full && services.outbox_full()) {
    return done(Error{"overloaded", Retry::kLater, "the outbox is full (OUTBOX_LIMIT)"});
  }
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, request.email.key};
  // std::function wants to be copyable, and the request is large: shared instead of copied.
  auto pending = std::make_shared<Pending>(
      Pending{services, std::move(request), std::string(action), choose, {}});
  operation.decide = [pending](const Account* current) -> Result<Changes> {
    return decide(*pending, current);
  };
  operation.done = [pending, done](Status status) {
    const auto& held = pending->services.mail_held;
    if (status && pending->held && held) held(pending->request.email.address, *pending->held);
    done(std::move(status));
  };
  services.writer.submit(std::move(operation));
}

}  // namespace postern
