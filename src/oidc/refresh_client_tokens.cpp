#include "oidc/refresh_client_tokens.hpp"

#include <algorithm>
#include <memory>

#include "account/audit.hpp"
#include "account/refresh_chain.hpp"
#include "oidc/authorization_request.hpp"

namespace postern {
namespace {

struct Attempt {
  OidcServices& services;
  ClientRefresh request;
  TokensDone done;
  std::string grant_id;
  /// By the latest decision.
  TokenSubject subject = {};
  std::string refresh_token = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

Result<Changes> decide(Attempt& attempt, const AccountView& current);
Changes note_reuse(const Attempt& attempt, Session session, TimePoint now);
void give_tokens(const Attempt& attempt);
Error invalid_grant();

}  // namespace

void refresh_client_tokens(OidcServices& services, ClientRefresh request, TokensDone done) {
  const auto parts =
      services.accounts.tokens.read(SessionTokenUse::kClientRefresh, request.refresh_token);
  if (!parts) return done(invalid_grant());
  const auto attempt = std::make_shared<Attempt>(
      Attempt{services, std::move(request), std::move(done), parts->session_id});
  Operation operation;
  operation.account = {AccountRef::By::kId, parts->account_id};
  operation.reads_sessions = true;
  operation.decide = [attempt](const AccountView& current) { return decide(*attempt, current); };
  operation.done = [attempt](const Status& status) {
    status ? give_tokens(*attempt) : attempt->done(status.error());
  };
  services.accounts.writer.submit(std::move(operation));
}

namespace {

Result<Changes> decide(Attempt& attempt, const AccountView& current) {
  const TimePoint now = attempt.services.accounts.clock.now();
  const auto& client = attempt.request.client;
  const auto found = find_grant(attempt.services, current, attempt.grant_id);
  // A client that was removed and added again has none of the grants of the first one.
  if (!found.grant || found.grant->client_id != client->id ||
      found.grant->created_at < client->created_at) {
    return invalid_grant();
  }
  if (!covers_scope(found.grant->scope, attempt.request.scope)) {
    return oidc_error("invalid_scope", "The refresh token has fewer scopes.");
  }
  Session session = *found.session;
  ClientGrant& grant = *std::ranges::find(session.grants, attempt.grant_id, &ClientGrant::id);
  RefreshChain chain(attempt.services.accounts.tokens, SessionTokenUse::kClientRefresh,
                     grant.token_hash, grant.rotations);
  auto [step, token] = chain.spend(attempt.request.refresh_token, now);
  attempt.refresh_token = std::move(token);
  if (step == ChainStep::kReused) {
    grant.revoked = true;
    return note_reuse(attempt, std::move(session), now);
  }
  const std::string scope = known_scopes(attempt.request.scope);
  attempt.subject = {client, *current.account, session, grant.id,
                     scope.empty() ? grant.scope : scope};
  Changes changes;
  if (step == ChainStep::kRotated) {
    grant.last_used_at = now;
    session.last_used_at = now;
    changes.sessions.updates.push_back(std::move(session));
  }
  return changes;
}

/// One of two who have the token has stolen it.
Changes note_reuse(const Attempt& attempt, Session session, TimePoint now) {
  Changes changes;
  changes.audit.push_back(audit_entry("client-tokens", "ended:reuse", session.account_id,
                                      attempt.request.context, now));
  changes.sessions.updates.push_back(std::move(session));
  return changes;
}

void give_tokens(const Attempt& attempt) {
  if (attempt.refresh_token.empty()) return attempt.done(invalid_grant());
  auto tokens =
      mint_client_tokens(attempt.services, attempt.subject, attempt.services.accounts.clock.now());
  if (tokens) tokens->refresh_token = attempt.refresh_token;
  attempt.done(std::move(tokens));
}

Error invalid_grant() {
  return oidc_error("invalid_grant", "The refresh token has ended or was spent.");
}

}  // namespace
}  // namespace postern
