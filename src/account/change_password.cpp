// confirm the owner ─► judge and hash the new password ─► write, if the current one is what it was
#include "account/change_password.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/mail_row.hpp"
#include "account/new_password.hpp"
#include "account/personal_words.hpp"
#include "account/reauthentication.hpp"

namespace postern {
namespace {

struct Attempt {
  SessionServices& services;
  Credentials credentials;
  PasswordChange change;
  std::function<void(Result<ChangedPassword>)> done;
  std::optional<Reauthenticated> owner = {};
  std::string password_hash = {};
  ChangedPassword result = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

void judge_and_write(const AttemptPtr& attempt);
Result<Changes> decide(Attempt& attempt, const SignedIn& person);

}  // namespace

void change_password(SessionServices& services, const Credentials& credentials,
                     PasswordChange change, std::function<void(Result<ChangedPassword>)> done) {
  Secret current = change.current_password;
  const auto attempt =
      std::make_shared<Attempt>(Attempt{services, credentials, std::move(change), std::move(done)});
  const auto confirmed = [attempt](Result<Reauthenticated> owner) {
    if (!owner) return attempt->done(owner.error());
    attempt->owner = *std::move(owner);
    judge_and_write(attempt);
  };
  reauthenticate(services, credentials, std::move(current), attempt->change.context, confirmed);
}

namespace {

/// Runs on a thread of the hash pool.
void judge_and_write(const AttemptPtr& attempt) {
  const auto& settings = attempt->services.settings;
  const auto words = personal_words(attempt->owner->person.account, settings.product_name);
  auto hash = hash_new_password(attempt->change.new_password, settings, words);
  if (!hash) return attempt->done(hash.error());
  attempt->password_hash = *std::move(hash);
  signed_in(
      attempt->services, attempt->credentials,
      [attempt](const SignedIn& person) { return decide(*attempt, person); },
      [attempt](const Result<SignedIn>& result) {
        attempt->done(result ? Result<ChangedPassword>(attempt->result) : result.error());
      });
}

Result<Changes> decide(Attempt& attempt, const SignedIn& person) {
  const TimePoint now = attempt.services.clock.now();
  const auto& context = attempt.change.context;
  if (!attempt.owner->still_is(person.account)) return unauthorized("changed meanwhile");
  Account account = person.account;
  account.password_hash = attempt.password_hash;
  ++account.credential_version;
  account.pending_email.clear();
  account.updated_at = now;
  Session session = person.session;
  session.credential_version = account.credential_version;
  Changes changes;
  changes.sessions.ends.push_back({account.id, session.id});
  changes.sessions.updates.push_back(std::move(session));
  forget_failures(attempt.owner->checked, changes.sessions);
  forget_failures(account.email_key, context, changes.sessions);
  attempt.result.device = make_device_token(attempt.services, account);
  attempt.result.email_key = account.email_key;
  changes.outbox.push_back(make_notice(account, MailKind::kPasswordChanged, context, now));
  announce(attempt.services, changes, {"account.password_changed", account.id, {}, now});
  announce_revoked(attempt.services, changes, person.sessions, person.session.id, now);
  changes.audit.push_back(audit_entry("change-password", "done", account.id, context, now));
  changes.account = std::move(account);
  return changes;
}

}  // namespace
}  // namespace postern
