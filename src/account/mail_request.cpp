#include "account/mail_request.hpp"

#include <memory>

#include "account/announce.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "queue/job_codec.hpp"

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
  account.mail_window = {now, 0};
  return account;
}

/// Counts one more letter; false when the address has had enough of them in this window.
bool count_letter(MailWindow& window, const Rate& limit, TimePoint now) {
  // A window that begins in the future was written by a clock that has been set back since.
  if (now >= window.started_at + limit.window || now < window.started_at) window = {now, 0};
  if (window.count >= static_cast<std::int64_t>(limit.count)) return false;
  ++window.count;
  return true;
}

OutboxRow letter_row(const Account& account, MailKind kind, const MailRequest& request,
                     TimePoint now) {
  MailJob job;
  job.mail_id = new_id(now);
  job.kind = kind;
  job.account_id = account.id;
  job.email = account.email;  // the stored address, never the submitted text
  job.locale = request.locale;
  job.credential_version = account.credential_version;
  job.requested_at = now;
  job.expires_at = now + limits::kMailJobLife;
  job.return_to = request.return_to;

  OutboxRow row;
  row.id = job.mail_id;
  row.kind = to_string(kind);
  row.body = encode_mail_job(job);
  row.traceparent = request.context.traceparent;
  row.created_at = now;
  row.available_at = now;
  row.account_id = account.id;
  return row;
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
    if (count_letter(account.mail_window, pending.services.settings.mails_per_address, now)) {
      changes.outbox.push_back(letter_row(account, *choice.kind, pending.request, now));
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
  if (!services.writer.submit(std::move(operation))) {
    done(Error{"overloaded", Retry::kLater, "the writer's queue is full"});
  }
}

}  // namespace postern
