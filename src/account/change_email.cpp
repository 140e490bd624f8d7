#include "account/change_email.hpp"

#include "account/audit.hpp"
#include "account/mail_row.hpp"
#include "account/reauthentication.hpp"

namespace postern {
namespace {

struct Attempt {
  SessionServices& services;
  Credentials credentials;
  EmailChange change;
  std::function<void(Status)> done;
  std::optional<Reauthenticated> owner;
  /// By the latest decision.
  bool held = false;
  /// The budgets' result: a decision that is made anew is not counted twice.
  std::optional<MailLimit> budget = {};
};

Result<Changes> decide(Attempt& attempt, const SignedIn& person);
bool count_change(Attempt& attempt, Account& account, TimePoint now);

}  // namespace

void request_email_change(SessionServices& services, const Credentials& credentials,
                          EmailChange change, std::function<void(Status)> done) {
  Secret password = change.password;
  const auto attempt = std::make_shared<Attempt>(
      Attempt{services, credentials, std::move(change), std::move(done), {}});
  const auto finish = [attempt](const Result<SignedIn>& result) {
    const auto& held = attempt->services.mail_held;
    if (result && attempt->held && held) {
      held(attempt->change.email.address, MailKind::kConfirmEmail);
    }
    attempt->done(result ? Status{} : Status{result.error()});
  };
  const auto confirmed = [attempt, finish](Result<Reauthenticated> owner) {
    if (!owner) return attempt->done(owner.error());
    attempt->owner = *std::move(owner);
    signed_in(
        attempt->services, attempt->credentials,
        [attempt](const SignedIn& person) { return decide(*attempt, person); }, finish);
  };
  reauthenticate(services, credentials, std::move(password), attempt->change.context, confirmed);
}

namespace {

Result<Changes> decide(Attempt& attempt, const SignedIn& person) {
  const TimePoint now = attempt.services.clock.now();
  const auto& context = attempt.change.context;
  if (!attempt.owner->still_is(person.account)) return unauthorized("changed meanwhile");
  Account account = person.account;
  Changes changes;
  forget_failures(attempt.owner->checked, changes.sessions);
  attempt.held = !count_change(attempt, account, now);
  if (attempt.held) {
    changes.audit.push_back(audit_entry("change-email", "none:limit", account.id, context, now));
    return changes;
  }
  account.pending_email = attempt.change.email.address;
  account.updated_at = now;
  changes.outbox.push_back(make_mail_row({account,
                                          MailKind::kConfirmEmail,
                                          account.pending_email,
                                          account.locale,
                                          {},
                                          mask_email(account.email)},
                                         context, now));
  changes.outbox.push_back(make_notice(account, MailKind::kEmailChangeRequested, context, now));
  changes.audit.push_back(
      audit_entry("change-email", "mail:confirm-email", account.id, context, now));
  changes.account = std::move(account);
  return changes;
}

/// By the account that asks and by the address that is asked for: several accounts must not flood
/// one mailbox.
bool count_change(Attempt& attempt, Account& account, TimePoint now) {
  auto& services = attempt.services;
  if (!count_in_windows(account.mail_windows, services.settings.mails_per_address, now))
    return false;
  if (!attempt.budget) {
    attempt.budget = services.budgets.take(
        {attempt.change.email.key, attempt.change.context.client_network}, now);
  }
  return *attempt.budget == MailLimit::kNone;
}

}  // namespace
}  // namespace postern
