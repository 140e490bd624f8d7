// A token yields its successor, and the table knows only the chain's last token. Answers are lost,
// and tabs refresh together, so a predecessor still yields the chain's last token in two cases: its
// own successor was never used (whenever it comes again), or it was spent within
// limits::kRefreshGrace. What follows a token is derived from it, so the way to the last token is
// walked, not stored.
#include "account/refresh.hpp"

#include <algorithm>
#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"

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
void rotate(Attempt& attempt, TimePoint now, Changes& changes);
bool follow_chain(Attempt& attempt, TimePoint now);
void forget_old(std::vector<TimePoint>& rotations, TimePoint now);
std::string successor_of(const Attempt& attempt, std::string_view token);

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
  Changes changes;
  if (session->token_hash == attempt.parts.hash) {
    rotate(attempt, now, changes);
    return changes;
  }
  if (follow_chain(attempt, now)) {
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

/// The session's token came. It yields its successor, or itself where there were too many.
void rotate(Attempt& attempt, TimePoint now, Changes& changes) {
  Session& session = attempt.session;
  forget_old(session.rotations, now);
  attempt.granted = attempt.request.refresh_token;
  if (session.rotations.size() >= limits::kRefreshChain) return;
  session.rotations.push_back(now);
  attempt.granted = successor_of(attempt, attempt.granted);
  session.token_hash = hash_session_token(attempt.granted);
  session.last_used_at = now;
  session.user_agent = attempt.request.device.user_agent;
  session.ip = attempt.request.device.ip;
  changes.sessions.updates.push_back(session);
}

/// A predecessor came. It yields the session's token when its own successor was never used, or when
/// it was spent within the grace: `rotations` tells when, counted from the end.
bool follow_chain(Attempt& attempt, TimePoint now) {
  const Session& session = attempt.session;
  const auto& rotations = session.rotations;
  std::string token = attempt.request.refresh_token;
  const std::size_t longest = std::max<std::size_t>(rotations.size(), 1);
  for (std::size_t steps = 1; steps <= longest; ++steps) {
    token = successor_of(attempt, token);
    if (hash_session_token(token) != session.token_hash) continue;
    attempt.granted = std::move(token);
    return steps == 1 || now - rotations[rotations.size() - steps] <= limits::kRefreshGrace;
  }
  return false;
}

/// Forgets rotations whose predecessors are spent for longer than the grace.
void forget_old(std::vector<TimePoint>& rotations, TimePoint now) {
  std::erase_if(rotations, [&](TimePoint at) { return now - at > limits::kRefreshGrace; });
  // A clock that was set back has left times ahead; they count from now on.
  for (auto& at : rotations) at = std::min(at, now);
}

std::string successor_of(const Attempt& attempt, std::string_view token) {
  return attempt.services.tokens.successor(SessionTokenUse::kRefresh, token);
}

}  // namespace
}  // namespace postern
