// The way of a new password:
//
//   verify the token's signature and claims ─► read its account: is the token still valid? ─►
//   judge the password ─► hash it on the pool ─► write, if the token is still valid
//
// The token of the email that tells of a change of address does the same and gives the account its
// former address back. It outlives changes of the password: a thief who changed the address may
// have changed that too.
//
// What comes before the write changes nothing, so a refused password leaves the token valid, and of
// two forms that are sent at once the second one's write finds another credential version.
#include "account/set_password.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/free_email.hpp"
#include "account/mail_row.hpp"
#include "account/mail_token_check.hpp"
#include "account/password_check.hpp"
#include "account/personal_words.hpp"
#include "account/session_services.hpp"
#include "base/ids.hpp"
#include "crypto/password.hpp"
#include "text/email.hpp"

namespace postern {
namespace {

using Done = std::function<void(Result<LiveToken>)>;

/// One request on its way; shared by the steps, each of which runs on the thread of the part that
/// it needs.
struct Attempt {
  AccountServices& services;
  SetPasswordRequest request;
  Done done;
  MailTokenClaims claims;
  Account account;
  std::string password_hash;
  /// By the latest write.
  std::string device = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

bool takes_back(const MailTokenClaims& claims) { return !claims.former_email.empty(); }

Error invalid_token(std::string detail) {
  return {"invalid_token", Retry::kNever, std::move(detail)};
}

bool is_alive(const MailTokenClaims& claims, const Account* account) {
  if (account == nullptr || account->state == AccountState::kDisabled) return false;
  if (takes_back(claims)) {
    return account->credential_version >= claims.credential_version &&
           account->email != claims.former_email;
  }
  return account->credential_version == claims.credential_version;
}

LiveToken live_token(const Attempt& attempt) {
  return {mask_email(attempt.account.email),
          attempt.account.email,
          attempt.claims.locale,
          attempt.claims.return_to,
          personal_words(attempt.account, attempt.services.settings.product_name),
          attempt.device,
          attempt.account.email_key,
          takes_back(attempt.claims)};
}

/// Reads the token's account; `next` runs on the writer's thread.
void read_account(const AttemptPtr& attempt, void (*next)(const AttemptPtr&)) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->claims.account_id};
  operation.decide = [attempt](const Account* current) -> Result<Changes> {
    if (!is_alive(attempt->claims, current)) return invalid_token("used or withdrawn");
    attempt->account = *current;
    if (!takes_back(attempt->claims)) return Changes{};
    auto former = parse_email(attempt->claims.former_email);
    if (!former) return invalid_token("the former address is no address");
    attempt->account.email = std::move(former->address);
    attempt->account.email_key = std::move(former->key);
    return Changes{};
  };
  operation.done = [attempt, next](Status status) {
    if (!status) return attempt->done(status.error());
    next(attempt);
  };
  attempt->services.writer.submit(std::move(operation));
}

/// The present address gets a notice, without a link that would take the account back again.
void give_back_email(const Attempt& attempt, const Account& current, Account& account,
                     Changes& changes) {
  const auto& context = attempt.request.context;
  const TimePoint now = account.updated_at;
  changes.outbox.push_back(make_mail_row(
      {account, MailKind::kPasswordChanged, current.email, attempt.claims.locale}, context, now));
  account.email = attempt.account.email;
  account.email_key = attempt.account.email_key;
  changes.audit.push_back(audit_entry("take-back", "done", &account, context, now));
  announce(attempt.services, changes, {"account.email_changed", account.id, {}, now});
}

Changes write_password(Attempt& attempt, const Account& current,
                       std::span<const Session> sessions) {
  const TimePoint now = attempt.services.clock.now();
  Account account = current;
  account.state = AccountState::kConfirmed;
  account.password_hash = attempt.password_hash;
  ++account.credential_version;
  account.pending_email.clear();
  account.updated_at = now;
  Changes changes;
  if (takes_back(attempt.claims)) give_back_email(attempt, current, account, changes);
  // Sessions of the old password are over, and the owner may log in again immediately.
  changes.sessions.ends.push_back({account.id});
  forget_failures(account.email_key, attempt.request.context, changes.sessions);
  if (attempt.services.sessions) attempt.device = make_device_token(attempt.services, account);
  if (!current.password_hash.empty()) {
    changes.outbox.push_back(make_mail_row(
        {account, MailKind::kPasswordChanged, account.email, attempt.claims.locale, {}},
        attempt.request.context, now));
  }
  changes.audit.push_back(
      {new_id(now), now, "set-password", "done", account.id, attempt.request.context.request_id});
  const bool first = current.state == AccountState::kUnconfirmed;
  announce(attempt.services, changes,
           {first ? "account.confirmed" : "account.password_changed", account.id, {}, now});
  announce_revoked(attempt.services, changes, sessions, {}, now);
  changes.account = std::move(account);
  return changes;
}

void write(const AttemptPtr& attempt) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->claims.account_id};
  operation.decide_on_sessions = [attempt](const Account* current,
                                           std::span<const Session> sessions) -> Result<Changes> {
    if (!is_alive(attempt->claims, current)) return invalid_token("used meanwhile");
    return write_password(*attempt, *current, sessions);
  };
  operation.done = [attempt](Status status) {
    if (!status) return attempt->done(as_email_taken(status.error()));
    attempt->done(live_token(*attempt));
  };
  attempt->services.writer.submit(std::move(operation));
}

void make_room(const AttemptPtr& attempt) {
  free_email(
      attempt->services,
      {attempt->account.email_key, attempt->account.id, "take-back", attempt->request.context},
      [attempt](const Status& status) { status ? write(attempt) : attempt->done(status.error()); });
}

/// Runs on a thread of the hash pool.
void judge_and_hash(const AttemptPtr& attempt) {
  const auto password = normalise_password(attempt->request.password.view());
  if (!password) return attempt->done(password.error());
  const auto& settings = attempt->services.settings;
  const auto words = personal_words(attempt->account, settings.product_name);
  const auto verdict = judge_password(password->view(), settings.password_min_length, words);
  if (!verdict.accepted) {
    return attempt->done(Error{"weak_password", Retry::kNever, verdict.reason});
  }
  auto hash = hash_password(password->view());
  if (!hash) return attempt->done(hash.error());
  attempt->password_hash = *std::move(hash);
  takes_back(attempt->claims) ? make_room(attempt) : write(attempt);
}

void queue_for_hashing(const AttemptPtr& attempt) {
  const auto failed = [attempt](const Error& error) { attempt->done(error); };
  const auto& client = attempt->request.context.client_network;
  if (!attempt->services.hashing.submit(client, {[attempt] { judge_and_hash(attempt); }, failed})) {
    attempt->done(overloaded("the hash pool's queue is full"));
  }
}

void start(AccountServices& services, SetPasswordRequest request, Done done,
           void (*next)(const AttemptPtr&)) {
  auto claims = verify_mail_token(services, MailTokenPurpose::kSetPassword, request.token);
  if (!claims) {
    auto other = verify_mail_token(services, MailTokenPurpose::kTakeBackEmail, request.token);
    if (other && takes_back(*other)) claims = std::move(other);
  } else {
    claims->former_email.clear();
  }
  if (!claims) return done(claims.error());
  auto attempt = std::make_shared<Attempt>(
      Attempt{services, std::move(request), std::move(done), *std::move(claims), {}, {}});
  read_account(attempt, next);
}

}  // namespace

void check_set_password_token(AccountServices& services, std::string token, Done done) {
  start(services, {std::move(token), {}, {}}, std::move(done),
        [](const AttemptPtr& attempt) { attempt->done(live_token(*attempt)); });
}

void set_password(AccountServices& services, SetPasswordRequest request, Done done) {
  start(services, std::move(request), std::move(done), queue_for_hashing);
}

}  // namespace postern
