// check the token ─► whose session confirms? ─► does another account have the address? (one that is
// not confirmed goes) ─► write, if the token is still valid
//
// The token names the account, its credential version and the address (by a hash), so that a change
// of the password, of the address, or of the mind about the address kills it.
#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/change_email.hpp"
#include "account/free_email.hpp"
#include "account/mail_row.hpp"
#include "account/mail_token_check.hpp"
#include "text/email.hpp"

namespace postern {
namespace {

struct Attempt {
  SessionServices& services;
  MailTokenClaims claims;
  Credentials credentials;
  RequestContext context;
  std::function<void(Result<ValidEmailToken>)> done;
  EmailAddress email = {};
  std::string masked_account = {};
  /// Of the account, and the one that confirms; empty: none does.
  std::string session_id = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

using Decide = std::function<Result<Changes>(const AccountView&)>;

void start(Attempt attempt, const std::string& token, void (*next)(const AttemptPtr&));
ValidEmailToken valid_token(const Attempt& attempt);
void find_session(const AttemptPtr& attempt);
void read_account(const AttemptPtr& attempt, void (*next)(const AttemptPtr&));
void make_room(const AttemptPtr& attempt);
bool is_valid(const MailTokenClaims& claims, const Account* account);
Error invalid_token(std::string detail);
void submit(const AttemptPtr& attempt, Decide decide, void (*next)(const AttemptPtr&));
void write(const AttemptPtr& attempt);
/// Who confirms without a session of the account may be another person than the one who reads the
/// notice, and has been sent the link by that one.
NamedDevice device_to_name(const Attempt& attempt) {
  return attempt.session_id.empty() ? NamedDevice{} : attempt.context.device;
}

Result<Changes> decide(const Attempt& attempt, const Account* current,
                       std::span<const Session> sessions);
void end_other_sessions(const Attempt& attempt, const Account& before, const Account& after,
                        std::span<const Session> sessions, Changes& changes);

}  // namespace

void check_email_token(SessionServices& services, std::string token,
                       std::function<void(Result<ValidEmailToken>)> done) {
  start({services, {}, {}, {}, std::move(done)}, token,
        [](const AttemptPtr& attempt) { attempt->done(valid_token(*attempt)); });
}

void confirm_email(SessionServices& services, EmailConfirmation confirmation,
                   std::function<void(Result<ValidEmailToken>)> done) {
  start({services,
         {},
         std::move(confirmation.credentials),
         std::move(confirmation.context),
         std::move(done)},
        confirmation.token, find_session);
}

namespace {

void start(Attempt attempt, const std::string& token, void (*next)(const AttemptPtr&)) {
  auto claims = verify_mail_token(attempt.services, MailTokenPurpose::kConfirmEmail, token);
  if (!claims) return attempt.done(claims.error());
  attempt.claims = *std::move(claims);
  read_account(std::make_shared<Attempt>(std::move(attempt)), next);
}

ValidEmailToken valid_token(const Attempt& attempt) {
  return {mask_email(attempt.email.address), attempt.masked_account, attempt.claims.locale};
}

/// Credentials that are bad, or another account's, keep no session and are no error: the link alone
/// is what confirms.
void find_session(const AttemptPtr& attempt) {
  const auto& [access_token, cookie, refresh_token, found] = attempt->credentials;
  if (access_token.empty() && cookie.empty() && refresh_token.empty()) {
    return make_room(attempt);
  }
  signed_in(attempt->services, attempt->credentials, {}, [attempt](const Result<SignedIn>& person) {
    // Nothing has changed yet: a store that is busy must not cost the person the session.
    if (!person && person.error().retry == Retry::kLater) return attempt->done(person.error());
    if (person && person->account.id == attempt->claims.account_id) {
      attempt->session_id = person->session.id;
    }
    make_room(attempt);
  });
}

void read_account(const AttemptPtr& attempt, void (*next)(const AttemptPtr&)) {
  const auto look = [attempt](const AccountView& current) -> Result<Changes> {
    const Account* account = current.account;
    if (!is_valid(attempt->claims, account)) return invalid_token("used or withdrawn");
    const auto email = parse_email(account->pending_email);
    if (!email) return invalid_token("the address is no address");
    attempt->email = *email;
    attempt->masked_account = mask_email(account->email);
    return Changes{};
  };
  submit(attempt, look, next);
}

void make_room(const AttemptPtr& attempt) {
  free_email(
      attempt->services,
      {attempt->email.key, attempt->claims.account_id, "confirm-email", attempt->context},
      [attempt](const Status& status) { status ? write(attempt) : attempt->done(status.error()); });
}

bool is_valid(const MailTokenClaims& claims, const Account* account) {
  return account && account->state == AccountState::kConfirmed &&
         account->credential_version == claims.credential_version &&
         !account->pending_email.empty() && email_mark(account->pending_email) == claims.email_mark;
}

Error invalid_token(std::string detail) {
  return {"invalid_token", Retry::kNever, std::move(detail)};
}

void submit(const AttemptPtr& attempt, Decide decide, void (*next)(const AttemptPtr&)) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->claims.account_id};
  operation.reads_sessions = true;
  operation.decide = std::move(decide);
  operation.done = [attempt, next](Status status) {
    status ? next(attempt) : attempt->done(as_email_taken(status.error()));
  };
  attempt->services.writer.submit(std::move(operation));
}

void write(const AttemptPtr& attempt) {
  submit(
      attempt,
      [attempt](const AccountView& current) {
        return decide(*attempt, current.account, current.sessions);
      },
      [](const AttemptPtr& done) { done->done(valid_token(*done)); });
}

Result<Changes> decide(const Attempt& attempt, const Account* current,
                       std::span<const Session> sessions) {
  if (!is_valid(attempt.claims, current)) return invalid_token("used meanwhile");
  const TimePoint now = attempt.services.clock.now();
  Account account = *current;
  account.email = attempt.email.address;
  account.email_key = attempt.email.key;
  account.pending_email.clear();
  ++account.credential_version;
  account.updated_at = now;
  Changes changes;
  changes.outbox.push_back(make_mail_row({.account = account,
                                          .kind = MailKind::kEmailChanged,
                                          .to = current->email,
                                          .locale = account.locale,
                                          .device = device_to_name(attempt)},
                                         attempt.context, now));
  announce(attempt.services, changes, {"account.email_changed", account.id, {}, now});
  end_other_sessions(attempt, *current, account, sessions, changes);
  changes.audit.push_back(audit_entry("confirm-email", "done", account.id, attempt.context, now));
  changes.account = std::move(account);
  return changes;
}

/// A change of the address may be a thief's: only the session that confirms it goes on.
void end_other_sessions(const Attempt& attempt, const Account& before, const Account& after,
                        std::span<const Session> sessions, Changes& changes) {
  changes.sessions.ends.push_back({after.id, attempt.session_id});
  for (const Session& session : sessions) {
    const bool confirms = session.id == attempt.session_id;
    if (!confirms || session.credential_version != before.credential_version) continue;
    changes.sessions.updates.push_back(session);
    changes.sessions.updates.back().credential_version = after.credential_version;
  }
  announce_revoked(attempt.services, changes, sessions, attempt.session_id, after.updated_at);
}

}  // namespace
}  // namespace postern
