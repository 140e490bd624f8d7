#include "account/refresh.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/refresh_chain.hpp"

namespace postern {
namespace {

struct Attempt {
  SessionServices& services;
  RefreshRequest request;
  std::function<void(Result<SessionGrant>)> done;
  SessionTokenParts parts;
  /// By the latest decision.
  std::string granted = {};
  Session session = {};
  /// A token that was spent earlier came again: its session ends.
  bool reused = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

Result<Changes> decide(Attempt& attempt, const Account* account, std::span<const Session> sessions);
void grant(const Attempt& attempt);

}  // namespace

void refresh(SessionServices& services, RefreshRequest request,
             std::function<void(Result<SessionGrant>)> done) {
  const auto& tokens = services.tokens;
  auto parts = tokens.read(SessionTokenUse::kRefresh, request.refresh_token);
  if (!parts) return done(unauthorized("not a refresh token of ours"));
  request.device = clean(std::move(request.device));
  const auto attempt = std::make_shared<Attempt>(
      Attempt{services, std::move(request), std::move(done), *std::move(parts)});
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->parts.account_id};
  operation.reads_sessions = true;
  operation.decide = [attempt](const AccountView& current) {
    return decide(*attempt, current.account, current.sessions);
  };
  operation.done = [attempt](Status status) {
    if (!status) return attempt->done(status.error());
    grant(*attempt);
  };
  services.writer.submit(std::move(operation));
}

namespace {

Result<Changes> decide(Attempt& attempt, const Account* account,
                       std::span<const Session> sessions) {
  const TimePoint now = attempt.services.clock.now();
  const auto& settings = attempt.services.session_settings;
  attempt.reused = false;
  if (!account) return unauthorized("no such account");
  const Session* session = find_active(sessions, attempt.parts.session_id, *account, settings, now);
  if (!session || session->kind != SessionKind::kBearer) return unauthorized("no such session");
  attempt.session = *session;
  RefreshChain chain(attempt.services.tokens, SessionTokenUse::kRefresh, attempt.session.token_hash,
                     attempt.session.rotations);
  auto [step, token] = chain.spend(attempt.request.refresh_token, now);
  attempt.granted = std::move(token);
  Changes changes;
  if (step == ChainStep::kRotated) {
    attempt.session.last_used_at = now;
    attempt.session.user_agent = attempt.request.device.user_agent;
    attempt.session.ip = attempt.request.device.ip;
    changes.sessions.updates.push_back(attempt.session);
    return changes;
  }
  if (step == ChainStep::kRepeated) {
    touch(*session, settings.idle_ttl, now, changes.sessions);
    return changes;
  }
  attempt.reused = true;
  changes.sessions.removals.push_back(session->id);
  announce_revoked(attempt.services, changes, {session, 1}, {}, now);
  changes.audit.push_back(
      audit_entry("refresh", "ended:reuse", account->id, attempt.request.context, now));
  return changes;
}

void grant(const Attempt& attempt) {
  if (attempt.reused) {
    const auto& token_reused = attempt.services.token_reused;
    if (token_reused) token_reused(attempt.session);
    return attempt.done(unauthorized("a spent token came again"));
  }
  auto access_token =
      mint_access_token(attempt.services, attempt.session, attempt.services.clock.now());
  if (!access_token) return attempt.done(access_token.error());
  attempt.done(SessionGrant{attempt.granted, *std::move(access_token)});
}

}  // namespace
}  // namespace postern
