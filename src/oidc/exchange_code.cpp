// open the code ─► is it this client's, for this redirect URI and verifier, and recent? ─► one
// transaction: the session is active and has no such grant yet; the grant is added ─► tokens
#include "oidc/exchange_code.hpp"

#include <algorithm>
#include <memory>

#include "account/audit.hpp"
#include "oidc/authorization_code.hpp"
#include "oidc/authorization_request.hpp"

namespace postern {
namespace {

struct Attempt {
  OidcServices& services;
  CodeExchange exchange;
  TokensDone done;
  AuthorizationCode code;
  /// By the latest decision.
  TokenSubject subject = {};
  std::string refresh_token = {};
  bool replayed = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

Status check(const AuthorizationCode& code, const CodeExchange& exchange, TimePoint now);
Result<Changes> decide(Attempt& attempt, const AccountView& current);
bool has_grant(const Session& session, const std::string& id);
Changes revoke_replayed(Attempt& attempt, Session session);
Status add_grant(Attempt& attempt, Session& session, TimePoint now);
void give_tokens(const Attempt& attempt);
Error invalid_grant();

}  // namespace

void exchange_code(OidcServices& services, CodeExchange exchange, TokensDone done) {
  auto code = open_code(services.code_key, exchange.code);
  if (!code || !check(*code, exchange, services.accounts.clock.now())) return done(invalid_grant());
  const auto attempt = std::make_shared<Attempt>(
      Attempt{services, std::move(exchange), std::move(done), *std::move(code)});
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->code.account_id};
  operation.reads_sessions = true;
  operation.decide = [attempt](const AccountView& current) { return decide(*attempt, current); };
  operation.done = [attempt](const Status& status) {
    status ? give_tokens(*attempt) : attempt->done(status.error());
  };
  services.accounts.writer.submit(std::move(operation));
}

namespace {

Status check(const AuthorizationCode& code, const CodeExchange& exchange, TimePoint now) {
  // RFC 7636, 4.6; a verifier has at least 43 characters.
  const auto challenge = base64url_encode(sha256(exchange.code_verifier));
  const bool fits = code.client_id == exchange.client->id &&
                    code.redirect_uri == exchange.redirect_uri &&
                    equal_in_constant_time(challenge, code.code_challenge) && now < code.expires_at;
  return fits ? Status() : invalid_grant();
}

Result<Changes> decide(Attempt& attempt, const AccountView& current) {
  const auto& accounts = attempt.services.accounts;
  const TimePoint now = accounts.clock.now();
  attempt.replayed = false;
  if (!current.account) return invalid_grant();
  // Wherever its grant is now: a login in the same browser takes grants over.
  for (const auto& session : current.sessions) {
    if (has_grant(session, attempt.code.id)) return revoke_replayed(attempt, session);
  }
  const Session* session = find_active(current.sessions, attempt.code.session_id, *current.account,
                                       accounts.session_settings, now);
  if (!session) return invalid_grant();
  Session changed = *session;
  if (auto added = add_grant(attempt, changed, now); !added) return added.error();
  attempt.subject = {attempt.exchange.client, *current.account,   changed,
                     attempt.code.id,         attempt.code.scope, attempt.code.nonce};
  Changes changes;
  changes.sessions.updates.push_back(std::move(changed));
  changes.audit.push_back(
      audit_entry("client-tokens", "done", current.account->id, attempt.exchange.context, now));
  return changes;
}

bool has_grant(const Session& session, const std::string& id) {
  return std::ranges::find(session.grants, id, &ClientGrant::id) != session.grants.end();
}

/// The code was intercepted, or its client is broken: what it gave ends, and stays as a mark.
Changes revoke_replayed(Attempt& attempt, Session session) {
  attempt.replayed = true;
  std::ranges::find(session.grants, attempt.code.id, &ClientGrant::id)->revoked = true;
  Changes changes;
  changes.audit.push_back(audit_entry("client-tokens", "ended:replay", session.account_id,
                                      attempt.exchange.context,
                                      attempt.services.accounts.clock.now()));
  changes.sessions.updates.push_back(std::move(session));
  return changes;
}

Status add_grant(Attempt& attempt, Session& session, TimePoint now) {
  const auto& code = attempt.code;
  tidy_grants(attempt.services, session.grants, now);
  ClientGrant grant{code.id, code.client_id, code.scope, now, now};
  attempt.refresh_token.clear();
  if (has_scope(code.scope, "offline_access")) {
    auto token = attempt.services.accounts.tokens.make(SessionTokenUse::kClientRefresh, grant.id,
                                                       session.account_id);
    if (!token) return token.error();
    attempt.refresh_token = *std::move(token);
    grant.token_hash = hash_session_token(attempt.refresh_token);
  }
  session.grants.push_back(std::move(grant));
  session.last_used_at = now;
  return {};
}

void give_tokens(const Attempt& attempt) {
  if (attempt.replayed) return attempt.done(invalid_grant());
  auto tokens =
      mint_client_tokens(attempt.services, attempt.subject, attempt.services.accounts.clock.now());
  if (tokens) tokens->refresh_token = attempt.refresh_token;
  attempt.done(std::move(tokens));
}

Error invalid_grant() {
  return oidc_error("invalid_grant",
                    "The code has expired, was used, or belongs to another request.");
}

}  // namespace
}  // namespace postern
