// The way of a new password:
//
//   verify the token's signature and claims ─► read its account: is the token still valid? ─►
//   judge the password ─► hash it on the pool ─► write, if the token is still valid
//
// The token of the email that announces a change of address does the same and gives the account its
// former address back. It outlives changes of the password: a thief who changed the address may
// have changed that too.
//
// The steps before the write change nothing, so a refused password leaves the token valid, and of
// two forms that are sent at the same time the second one's write finds another credential version.
#include "account/set_password.hpp"

#include <algorithm>
#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/free_email.hpp"
#include "account/mail_row.hpp"
#include "account/mail_token_check.hpp"
#include "account/new_password.hpp"
#include "account/new_session.hpp"
#include "account/password_check.hpp"
#include "account/personal_words.hpp"
#include "account/session_services.hpp"
#include "model/credential_version.hpp"
#include "text/email.hpp"

namespace postern {
namespace {

/// One request on its way; shared by the steps, each of which runs on the thread of the part that
/// it needs.
struct Attempt {
  SessionServices& services;
  SetPasswordRequest request;
  SetPasswordDone done;
  MailTokenClaims claims;
  /// With the address that it has when the password is set.
  Account account = {};
  std::string password_hash = {};
  /// By the latest write.
  std::string device = {};
  std::string session_cookie = {};

  bool takes_back() const { return !claims.former_email.empty(); }
  void fail(const Error& error) const { done(error, nullptr); }
};
using AttemptPtr = std::shared_ptr<Attempt>;

// The steps, in their order.
void start(SessionServices& services, SetPasswordRequest request, SetPasswordDone done,
           void (*next)(const AttemptPtr&));
Result<MailTokenClaims> verify(const SessionServices& services, std::string_view token);
void read_account(const AttemptPtr& attempt, void (*next)(const AttemptPtr&));
void queue_for_hashing(const AttemptPtr& attempt);
void hash(const AttemptPtr& attempt);
void free_former_email(const AttemptPtr& attempt);
void write(const AttemptPtr& attempt);

bool is_valid(const MailTokenClaims& claims, const Account* account);
ValidToken valid_token(const Attempt& attempt);
Result<Changes> changes_of(Attempt& attempt, const Account& current,
                           std::span<const Session> sessions);
bool returns_to_flow(const Attempt& attempt);
Status log_in_first(Attempt& attempt, const Account& account, Changes& changes);
void give_back_email(const Attempt& attempt, const Account& current, Account& account,
                     Changes& changes);
Error invalid_token(std::string cause);

}  // namespace

void check_set_password_token(SessionServices& services, std::string token,
                              std::function<void(Result<ValidToken>)> done) {
  const auto checked = [done = std::move(done)](const Status& status, const ValidToken* valid) {
    status ? done(*valid) : done(status.error());
  };
  start(services, {std::move(token), {}, {}}, checked, [](const AttemptPtr& attempt) {
    const auto valid = valid_token(*attempt);
    attempt->done({}, &valid);
  });
}

void set_password(SessionServices& services, SetPasswordRequest request, SetPasswordDone done) {
  start(services, std::move(request), std::move(done), queue_for_hashing);
}

namespace {

void start(SessionServices& services, SetPasswordRequest request, SetPasswordDone done,
           void (*next)(const AttemptPtr&)) {
  auto claims = verify(services, request.token);
  if (!claims) return done(claims.error(), nullptr);
  read_account(std::make_shared<Attempt>(
                   Attempt{services, std::move(request), std::move(done), *std::move(claims)}),
               next);
}

Result<MailTokenClaims> verify(const SessionServices& services, std::string_view token) {
  auto claims = verify_mail_token(services, MailTokenPurpose::kSetPassword, token);
  if (claims) {
    claims->former_email.clear();
    return claims;
  }
  auto other = verify_mail_token(services, MailTokenPurpose::kTakeBackEmail, token);
  return other && !other->former_email.empty() ? other : claims;
}

/// `next` runs on the writer's thread.
void read_account(const AttemptPtr& attempt, void (*next)(const AttemptPtr&)) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->claims.account_id};
  operation.decide = [attempt](const AccountView& current) -> Result<Changes> {
    if (!is_valid(attempt->claims, current.account)) return invalid_token("used or withdrawn");
    attempt->account = *current.account;
    if (!attempt->takes_back()) return Changes{};
    auto former = parse_email(attempt->claims.former_email);
    if (!former) return invalid_token("the former address is no address");
    attempt->account.email = std::move(former->address);
    attempt->account.email_key = std::move(former->key);
    return Changes{};
  };
  operation.done = [attempt, next](const Status& status) {
    status ? next(attempt) : attempt->fail(status.error());
  };
  attempt->services.writer.submit(std::move(operation));
}

void queue_for_hashing(const AttemptPtr& attempt) {
  const auto failed = [attempt](const Error& error) { attempt->fail(error); };
  const auto& client = attempt->request.context.client_network;
  if (!attempt->services.hashing.submit(client, {[attempt] { hash(attempt); }, failed})) {
    failed(overloaded("the hash pool's queue is full"));
  }
}

/// Runs on a thread of the hash pool.
void hash(const AttemptPtr& attempt) {
  const auto& settings = attempt->services.settings;
  const auto words = personal_words(attempt->account, settings.product_name);
  auto hashed = hash_new_password(attempt->request.password, settings, words);
  if (!hashed) {
    const auto valid = valid_token(*attempt);
    return attempt->done(hashed.error(), &valid);
  }
  attempt->password_hash = *std::move(hashed);
  attempt->takes_back() ? free_former_email(attempt) : write(attempt);
}

void free_former_email(const AttemptPtr& attempt) {
  free_email(
      attempt->services,
      {attempt->account.email_key, attempt->account.id, "take-back", attempt->request.context},
      [attempt](const Status& status) { status ? write(attempt) : attempt->fail(status.error()); });
}

void write(const AttemptPtr& attempt) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->claims.account_id};
  operation.reads_sessions = true;
  operation.decide = [attempt](const AccountView& current) -> Result<Changes> {
    if (!is_valid(attempt->claims, current.account)) return invalid_token("used meanwhile");
    return changes_of(*attempt, *current.account, current.sessions);
  };
  operation.done = [attempt](const Status& status) {
    if (!status) return attempt->fail(as_email_taken(status.error()));
    const auto valid = valid_token(*attempt);
    attempt->done({}, &valid);
  };
  attempt->services.writer.submit(std::move(operation));
}

bool is_valid(const MailTokenClaims& claims, const Account* account) {
  if (account == nullptr || account->state == AccountState::kDisabled) return false;
  if (claims.former_email.empty()) return account->credential_version == claims.credential_version;
  // A restored backup does not know whether a link of an earlier epoch was used.
  return account->credential_version >= claims.credential_version &&
         credential_version::epoch_of(account->credential_version) ==
             credential_version::epoch_of(claims.credential_version) &&
         account->email != claims.former_email;
}

ValidToken valid_token(const Attempt& attempt) {
  return {mask_email(attempt.account.email),
          attempt.account.email,
          attempt.claims.locale,
          attempt.claims.return_to,
          personal_words(attempt.account, attempt.services.settings.product_name),
          attempt.device,
          attempt.account.email_key,
          attempt.session_cookie,
          attempt.takes_back()};
}

Result<Changes> changes_of(Attempt& attempt, const Account& current,
                           std::span<const Session> sessions) {
  const TimePoint now = attempt.services.clock.now();
  const auto& context = attempt.request.context;
  Account account = current;
  account.state = AccountState::kConfirmed;
  account.password_hash = attempt.password_hash;
  ++account.credential_version;
  account.pending_email.clear();
  account.updated_at = now;
  Changes changes;
  if (attempt.takes_back()) give_back_email(attempt, current, account, changes);
  // Sessions of the old password are over, and the owner may log in again immediately.
  changes.sessions.ends.push_back({account.id});
  forget_failures(account.email_key, context, changes.sessions);
  attempt.device = make_device_token(attempt.services, account);
  if (!current.password_hash.empty()) {
    changes.outbox.push_back(make_mail_row({.account = account,
                                            .kind = MailKind::kPasswordChanged,
                                            .to = account.email,
                                            .locale = attempt.claims.locale,
                                            .device = context.device},
                                           context, now));
  }
  changes.audit.push_back(audit_entry("set-password", "done", account.id, context, now));
  const bool first = current.state == AccountState::kUnconfirmed;
  announce(attempt.services, changes,
           {first ? "account.confirmed" : "account.password_changed", account.id, {}, now});
  announce_revoked(attempt.services, changes, sessions, {}, now);
  if (first && returns_to_flow(attempt)) {
    if (auto begun = log_in_first(attempt, account, changes); !begun) return begun.error();
  }
  changes.account = std::move(account);
  return changes;
}

bool returns_to_flow(const Attempt& attempt) {
  const auto& flows = attempt.request.first_login.return_urls;
  return std::ranges::find(flows, attempt.claims.return_to) != flows.end();
}

Status log_in_first(Attempt& attempt, const Account& account, Changes& changes) {
  auto made = make_session(attempt.services, account, SessionKind::kCookie,
                           clean(attempt.request.first_login.device));
  if (!made) return made.error();
  attempt.session_cookie = std::move(made->token);
  announce(attempt.services, changes,
           {"session.created", account.id, made->session.id, made->session.created_at});
  changes.sessions.inserts.push_back(std::move(made->session));
  return {};
}

/// The present address gets a notice, without a link that would take the account back again, and
/// without the owner's device.
void give_back_email(const Attempt& attempt, const Account& current, Account& account,
                     Changes& changes) {
  const auto& context = attempt.request.context;
  const TimePoint now = account.updated_at;
  changes.outbox.push_back(make_mail_row(
      {account, MailKind::kPasswordChanged, current.email, attempt.claims.locale}, context, now));
  account.email = attempt.account.email;
  account.email_key = attempt.account.email_key;
  changes.audit.push_back(audit_entry("take-back", "done", account.id, context, now));
  announce(attempt.services, changes, {"account.email_changed", account.id, {}, now});
}

Error invalid_token(std::string cause) {
  return {"invalid_token", Retry::kNever, std::move(cause)};
}

}  // namespace
}  // namespace postern
