#include "account/signed_in.hpp"

#include <memory>

#include "base/limits.hpp"

namespace postern {
namespace {

struct Visit {
  SessionServices& services;
  std::string account_id;
  std::string session_id;
  SessionKind kind = SessionKind::kBearer;
  /// Of a cookie. An access token's signature was checked, and so was a refresh token's tag.
  std::string hash;
  DecideSignedIn decide;
  std::function<void(Result<SignedIn>)> done;
  std::function<void(const SignedIn&)> on_found;
  SignedIn found = {};
};
using VisitPtr = std::shared_ptr<Visit>;

void enter_with_opaque_token(const VisitPtr& visit, SessionTokenUse use, const std::string& token);
void enter(const VisitPtr& visit);
Result<Changes> look(Visit& visit, const Account* account, std::span<const Session> sessions);

}  // namespace

void signed_in(SessionServices& services, const Credentials& credentials, DecideSignedIn decide,
               std::function<void(Result<SignedIn>)> done) {
  auto visit = std::make_shared<Visit>(
      Visit{services, {}, {}, {}, {}, std::move(decide), std::move(done), credentials.found});
  if (!credentials.cookie.empty()) {
    return enter_with_opaque_token(visit, SessionTokenUse::kCookie, credentials.cookie);
  }
  if (!credentials.refresh_token.empty()) {
    return enter_with_opaque_token(visit, SessionTokenUse::kRefresh, credentials.refresh_token);
  }
  if (credentials.access_token.empty()) return visit->done(unauthorized("nothing was brought"));
  services.keys.verify(credentials.access_token, [visit](const Result<AccessTokenClaims>& claims) {
    if (!claims) {
      const bool later = claims.error().retry == Retry::kLater;
      return visit->done(later ? claims.error() : unauthorized(claims.error().cause));
    }
    visit->account_id = claims->account_id;
    visit->session_id = claims->session_id;
    enter(visit);
  });
}

namespace {

void enter_with_opaque_token(const VisitPtr& visit, SessionTokenUse use, const std::string& token) {
  const auto parts = visit->services.tokens.read(use, token);
  if (!parts) return visit->done(unauthorized("not a token of ours"));
  visit->account_id = parts->account_id;
  visit->session_id = parts->session_id;
  visit->kind = use == SessionTokenUse::kCookie ? SessionKind::kCookie : SessionKind::kBearer;
  visit->hash = parts->hash;
  enter(visit);
}

void enter(const VisitPtr& visit) {
  Operation operation;
  operation.account = {AccountRef::By::kId, visit->account_id};
  operation.reads_sessions = true;
  operation.decide = [visit](const AccountView& current) {
    return look(*visit, current.account, current.sessions);
  };
  operation.done = [visit](Status status) {
    if (visit->on_found && !visit->found.account.id.empty()) visit->on_found(visit->found);
    if (!status) return visit->done(status.error());
    visit->done(std::move(visit->found));
  };
  visit->services.writer.submit(std::move(operation));
}

Result<Changes> look(Visit& visit, const Account* account, std::span<const Session> sessions) {
  visit.found = {};
  const TimePoint now = visit.services.clock.now();
  if (!account) return unauthorized("no such account");
  const Session* session =
      find_active(sessions, visit.session_id, *account, visit.services.session_settings, now);
  if (!session || session->kind != visit.kind) return unauthorized("no such session");
  if (visit.kind == SessionKind::kCookie && visit.hash != session->token_hash) {
    return unauthorized("not the session's token");
  }
  visit.found = {*account, *session, {sessions.begin(), sessions.end()}};
  Changes changes;
  if (visit.decide) {
    auto decided = visit.decide(visit.found);
    if (!decided) return decided.error();
    changes = *std::move(decided);
  }
  const Duration idle_ttl = visit.services.session_settings.idle_ttl;
  if (!changes.remove_account) touch(*session, idle_ttl, now, changes.sessions);
  return changes;
}

}  // namespace
}  // namespace postern
