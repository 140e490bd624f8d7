// check the password ─► a new session, if the account is still what was checked ─► its tokens
//
// A session is always new: nothing that was there before the login is worth anything after it.
#include "account/login.hpp"

#include <algorithm>
#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/new_session.hpp"
#include "account/password_check.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"

namespace postern {
namespace {

struct Attempt {
  SessionServices& services;
  LoginRequest request;
  std::function<void(Result<SessionGrant>)> done;
  CheckedPassword checked;
  Session session = {};
  std::string token = {};
  std::string device = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

Result<Changes> begin_session(Attempt& attempt, const Account* current,
                              std::span<const Session> sessions);
void refuse(const AttemptPtr& attempt);
void note_refusal(const Attempt& attempt, const Error& error);
void grant(Attempt& attempt);
void replace_session(Attempt& attempt, std::span<const Session> sessions);
bool is_replaced(const Attempt& attempt, const Session& session);
std::vector<std::string> outdated(const Attempt& attempt, const Account& account,
                                  std::span<const Session> sessions, TimePoint now);
Error invalid_credentials();

}  // namespace

Result<std::string> mint_access_token(const SessionServices& services, const Session& session,
                                      TimePoint now) {
  AccessTokenClaims claims;
  claims.account_id = session.account_id;
  claims.session_id = session.id;
  claims.token_id = new_id(now);
  claims.issued_at = now;
  claims.expires_at = now + services.session_settings.access_token_ttl;
  claims.auth_time = session.created_at;
  claims.methods = session.methods;
  return services.keys.ring()->mint(claims);
}

void log_in(SessionServices& services, LoginRequest request,
            std::function<void(Result<SessionGrant>)> done) {
  request.device = clean(std::move(request.device));
  PasswordAttempt guess{request.email.key, std::move(request.password), request.context,
                        request.devices, request.old_cookie};
  auto attempt =
      std::make_shared<Attempt>(Attempt{services, std::move(request), std::move(done), {}});
  const auto checked = [attempt](Result<CheckedPassword> result) {
    if (!result) {
      note_refusal(*attempt, result.error());
      return attempt->done(result.error());
    }
    attempt->checked = *std::move(result);
    Operation operation;
    operation.account = {AccountRef::By::kEmailKey, attempt->request.email.key};
    operation.reads_sessions = true;
    operation.decide = [attempt](const AccountView& current) {
      return begin_session(*attempt, current.account, current.sessions);
    };
    operation.done = [attempt](Status status) {
      if (!status) return attempt->done(status.error());
      attempt->session.id.empty() ? refuse(attempt) : grant(*attempt);
    };
    attempt->services.writer.submit(std::move(operation));
  };
  check_password(services, std::move(guess), checked);
}

namespace {

Result<Changes> begin_session(Attempt& attempt, const Account* current,
                              std::span<const Session> sessions) {
  const auto& checked = attempt.checked.account;
  const TimePoint now = attempt.services.clock.now();
  const auto& context = attempt.request.context;
  const bool same = current && checked && current->id == checked->id &&
                    current->state == AccountState::kConfirmed &&
                    current->password_hash == checked->password_hash;
  Changes changes;
  attempt.session = {};
  if (!same) {
    // Known and unknown accounts cost the same: one row.
    changes.audit.push_back(
        audit_entry("login", "refused", current ? current->id : "", context, now));
    return changes;
  }
  auto made =
      make_session(attempt.services, *current, attempt.request.kind, attempt.request.device);
  if (!made) return made.error();
  attempt.session = std::move(made->session);
  attempt.token = std::move(made->token);
  replace_session(attempt, sessions);
  changes.sessions.removals = outdated(attempt, *current, sessions, now);
  changes.sessions.inserts.push_back(attempt.session);
  forget_failures(attempt.checked, changes.sessions);
  forget_client_failure(attempt.services, attempt.checked);
  attempt.device = make_device_token(attempt.services, *current, attempt.checked.device_id);
  if (!attempt.checked.new_hash.empty()) {
    changes.account = *current;
    changes.account->password_hash = attempt.checked.new_hash;
  }
  changes.audit.push_back(audit_entry("login", "done", current->id, context, now));
  announce(attempt.services, changes, {"session.created", current->id, attempt.session.id, now});
  for (const auto& session : sessions) {
    const auto& gone = changes.sessions.removals;
    if (std::find(gone.begin(), gone.end(), session.id) == gone.end()) continue;
    announce_revoked(attempt.services, changes, {&session, 1}, {}, now);
  }
  return changes;
}

/// At the next tick, so that the time tells nothing about the stored hash.
void refuse(const AttemptPtr& attempt) {
  constexpr std::chrono::steady_clock::duration kTick = limits::kRefusedLoginTick;
  const auto& run_at = attempt->services.run_at;
  note_refusal(*attempt, invalid_credentials());
  const auto refused = [attempt] { attempt->done(invalid_credentials()); };
  if (!run_at) return refused();
  const auto since = attempt->checked.verified_since;
  const auto ticks = (attempt->services.steady_now() - since) / kTick + 1;
  run_at(since + ticks * kTick, refused);
}

void note_refusal(const Attempt& attempt, const Error& error) {
  const auto& note = attempt.services.login_refused;
  const auto& request = attempt.request;
  if (note) note({request.email.address, request.device.ip, error.code});
}

void grant(Attempt& attempt) {
  SessionGrant grant;
  grant.token = attempt.token;
  grant.device = attempt.device;
  if (attempt.session.kind == SessionKind::kBearer) {
    auto token = mint_access_token(attempt.services, attempt.session, attempt.services.clock.now());
    if (!token) return attempt.done(token.error());
    grant.access_token = *std::move(token);
  }
  attempt.done(std::move(grant));
}

/// The session that the browser had; its clients keep what they got in it.
void replace_session(Attempt& attempt, std::span<const Session> sessions) {
  const auto replaced = std::ranges::find_if(
      sessions, [&](const Session& session) { return is_replaced(attempt, session); });
  if (replaced != sessions.end()) attempt.session.grants = replaced->grants;
}

bool is_replaced(const Attempt& attempt, const Session& session) {
  const auto old =
      attempt.services.tokens.read(SessionTokenUse::kCookie, attempt.request.old_cookie);
  return old && old->session_id == session.id && old->hash == session.token_hash;
}

/// Dead sessions, the one that the browser had, and the ones that were silent longest over the cap.
std::vector<std::string> outdated(const Attempt& attempt, const Account& account,
                                  std::span<const Session> sessions, TimePoint now) {
  const auto& services = attempt.services;
  std::vector<std::string> ids;
  std::vector<const Session*> active;
  for (const auto& session : sessions) {
    if (is_replaced(attempt, session) ||
        !is_active(session, account, services.session_settings, now)) {
      ids.push_back(session.id);
    } else {
      active.push_back(&session);
    }
  }
  std::sort(active.begin(), active.end(),
            [](const Session* a, const Session* b) { return a->last_used_at > b->last_used_at; });
  for (std::size_t i = limits::kSessionsPerAccount - 1; i < active.size(); ++i) {
    ids.push_back(active[i]->id);
  }
  return ids;
}

Error invalid_credentials() {
  return {"invalid_credentials", Retry::kNever, "no such account, or not its password"};
}

}  // namespace
}  // namespace postern
