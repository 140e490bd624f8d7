#include "account/refresh.hpp"

#include <memory>

#include "account/announce.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

struct Attempt {
  AccountServices& services;
  RefreshRequest request;
  std::function<void(Result<SessionGrant>)> done;
  SessionTokenParts parts;
  std::string successor;
  Session session;
  /// A token that was spent earlier came again: its session ends.
  bool reused = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

void rotate(Attempt& attempt, const Session& current, TimePoint now, Changes& changes) {
  Session session = current;
  session.previous_hash = session.token_hash;
  session.token_hash = hash_session_token(attempt.successor);
  session.rotated_at = session.last_used_at = now;
  session.user_agent = attempt.request.device.user_agent;
  session.ip = attempt.request.device.ip;
  attempt.session = session;
  changes.sessions.updates.push_back(std::move(session));
}

Result<Changes> decide(Attempt& attempt, const Account* account,
                       std::span<const Session> sessions) {
  const TimePoint now = attempt.services.clock.now();
  const auto& settings = attempt.services.sessions->settings;
  const auto& hash = attempt.parts.hash;
  attempt.reused = false;
  if (!account) return unauthorized("no such account");
  const Session* session = find_alive(sessions, attempt.parts.session_id, *account, settings, now);
  if (!session || session->kind != SessionKind::kBearer) return unauthorized("no such session");
  Changes changes;
  if (session->token_hash == hash) {
    rotate(attempt, *session, now, changes);
    return changes;
  }
  attempt.session = *session;
  const bool in_grace = now - session->rotated_at <= limits::kRefreshGrace;
  const bool same_successor = session->token_hash == hash_session_token(attempt.successor);
  if (session->previous_hash == hash && in_grace && same_successor) return changes;
  attempt.reused = true;
  changes.sessions.removals.push_back(session->id);
  announce_revoked(attempt.services, changes, {session, 1}, {}, now);
  changes.audit.push_back(
      audit_entry("refresh", "ended:reuse", account, attempt.request.context, now));
  return changes;
}

void grant(const Attempt& attempt) {
  if (attempt.reused) return attempt.done(unauthorized("a spent token came again"));
  auto access_token =
      mint_access_token(attempt.services, attempt.session, attempt.services.clock.now());
  if (!access_token) return attempt.done(access_token.error());
  attempt.done(SessionGrant{attempt.successor, *std::move(access_token)});
}

}  // namespace

void refresh(AccountServices& services, RefreshRequest request,
             std::function<void(Result<SessionGrant>)> done) {
  const auto& tokens = services.sessions->tokens;
  auto parts = tokens.read(SessionTokenUse::kRefresh, request.refresh_token);
  if (!parts) return done(unauthorized("not a refresh token of ours"));
  request.device = clean(std::move(request.device));
  std::string successor = tokens.successor(SessionTokenUse::kRefresh, request.refresh_token);
  const auto attempt = std::make_shared<Attempt>(Attempt{services,
                                                         std::move(request),
                                                         std::move(done),
                                                         *std::move(parts),
                                                         std::move(successor),
                                                         {},
                                                         false});
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->parts.account_id};
  operation.decide_on_sessions = [attempt](const Account* account,
                                           std::span<const Session> sessions) {
    return decide(*attempt, account, sessions);
  };
  operation.done = [attempt](Status status) {
    if (!status) return attempt->done(status.error());
    grant(*attempt);
  };
  services.writer.submit(std::move(operation));
}

}  // namespace postern
