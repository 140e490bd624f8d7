#include "account/mail_request.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/mail_row.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

/// One request on its way through the writer.
struct Pending {
  AccountServices& services;
  MailRequest request;
  MailDecision decision;
  /// The email that a limit held back, by the latest decision.
  std::optional<MailKind> held = {};
  /// The budgets' result: a decision that is made anew is not counted twice.
  std::optional<MailLimit> budget = {};
  std::optional<bool> bulk = {};
};

Changes decide(Pending& pending, const Account* current);
Account new_account(const MailRequest& request, TimePoint now);
bool count_mail(Pending& pending, MailKind kind, Account& account, TimePoint now);
MailPriority priority_of(Pending& pending, MailKind kind, TimePoint now);
std::string held_outcome(MailLimit limit);
bool count_recovery(const AccountSettings& settings, Account& account, TimePoint now);
bool is_over(TimePoint since, Duration pause, TimePoint now);
bool within_budgets(Pending& pending, const Account& account, TimePoint now);

}  // namespace

Operation mail_operation(AccountServices& services, MailRequest request, MailDecision decision,
                         std::function<void(Status, MailRequest)> done) {
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, request.email.key};
  operation.resolves = decision.resolves;
  // std::function wants to be copyable, and the request is large: shared instead of copied.
  auto pending =
      std::make_shared<Pending>(Pending{services, std::move(request), std::move(decision)});
  operation.decide = [pending](const AccountView& current) -> Result<Changes> {
    return decide(*pending, current.account);
  };
  operation.done = [pending, done = std::move(done)](Status status) {
    const auto& held = pending->services.mail_held;
    if (status && pending->held && held) held(pending->request.email.address, *pending->held);
    const auto& ceiling = pending->services.ceiling_reached;
    if (status && pending->budget == MailLimit::kTotal && ceiling) ceiling();
    done(std::move(status), std::move(pending->request));
  };
  return operation;
}

void request_mail(AccountServices& services, MailRequest request, MailDecision decision,
                  std::function<void(Status)> done) {
  services.writer.submit(mail_operation(
      services, std::move(request), std::move(decision),
      [done = std::move(done)](Status status, const MailRequest&) { done(std::move(status)); }));
}

namespace {

Changes decide(Pending& pending, const Account* current) {
  const TimePoint now = pending.services.clock.now();
  const MailChoice choice = pending.decision.choose(current);
  pending.held.reset();
  Changes changes;
  std::string outcome;
  std::string account_id = current ? current->id : std::string();

  if (choice.kind) {
    Account account = current ? *current : new_account(pending.request, now);
    if (count_mail(pending, *choice.kind, account, now)) {
      account_id = account.id;
      changes.outbox.push_back(make_mail_row(
          {account, *choice.kind, account.email, pending.request.locale, pending.request.return_to},
          pending.request.context, now));
      changes.outbox.back().priority = priority_of(pending, *choice.kind, now);
      if (!current)
        announce(pending.services, changes, {"account.registered", account.id, {}, now});
      changes.account = std::move(account);
      outcome.append("mail:").append(to_string(*choice.kind));
    } else {
      pending.held = choice.kind;
      outcome = held_outcome(*pending.budget);
    }
  } else {
    outcome.append("none:").append(choice.no_mail_reason);
  }
  changes.audit.push_back(
      audit_entry(pending.decision.action, outcome, account_id, pending.request.context, now));
  return changes;
}

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

/// Counts the email in the account and in the budgets; false when it is held back, and then
/// `account` is not to be stored.
bool count_mail(Pending& pending, MailKind kind, Account& account, TimePoint now) {
  auto& services = pending.services;
  if (kind == MailKind::kRecover) {
    if (count_recovery(services.settings, account, now)) {
      if (!pending.budget) services.budgets.count_recovery(now);
      pending.budget = MailLimit::kNone;
      return true;
    }
  } else if (kind == MailKind::kAlreadyRegistered) {
    const bool over = is_over(account.already_registered_at, limits::kAlreadyRegisteredPause, now);
    account.already_registered_at = now;
    if (over) return within_budgets(pending, account, now);
  } else if (count_in_windows(account.mail_windows, services.settings.mails_per_address, now)) {
    return within_budgets(pending, account, now);
  }
  if (!pending.budget) {
    pending.budget = MailLimit::kRecipient;
    services.budgets.note_held(MailLimit::kRecipient);
  }
  return false;
}

/// Confirmations beyond a burst go after everything else: a mass registration delays neither a
/// recovery nor the registration of another client.
MailPriority priority_of(Pending& pending, MailKind kind, TimePoint now) {
  const std::string& client = pending.request.context.client_network;
  if (kind != MailKind::kConfirm || client.empty()) return default_priority(kind);
  if (!pending.bulk) pending.bulk = pending.services.budgets.is_bulk(client, now);
  return *pending.bulk ? MailPriority::kBulk : default_priority(kind);
}

std::string held_outcome(MailLimit limit) {
  if (limit == MailLimit::kRecipient) return "none:limit";
  return "none:limit-" + std::string(to_string(limit));
}

bool count_recovery(const AccountSettings& settings, Account& account, TimePoint now) {
  const bool room = count_in_windows(account.mail_windows, settings.mails_per_address, now);
  if (!room && !is_over(account.recovery_sent_at, settings.link_ttl, now)) return false;
  account.recovery_sent_at = now;
  return true;
}

/// A time in the future was written by a clock that has been set back since.
bool is_over(TimePoint since, Duration pause, TimePoint now) {
  return now >= since + pause || now < since;
}

bool within_budgets(Pending& pending, const Account& account, TimePoint now) {
  if (!pending.budget) {
    const MailAsked asked{account.email_key, pending.request.context.client_network,
                          account.revision > 0};
    pending.budget = pending.services.budgets.take(asked, now);
  }
  return *pending.budget == MailLimit::kNone;
}

}  // namespace
}  // namespace postern
