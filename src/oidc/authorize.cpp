// session of the cookie ─► is it recent enough for the request? ─► consent, where it is needed ─►
// a code, bound to all that it was asked for with
#include "oidc/authorize.hpp"

#include <algorithm>
#include <memory>

#include "account/audit.hpp"
#include "base/ids.hpp"
#include "base/oidc_limits.hpp"
#include "oidc/authorization_code.hpp"

namespace postern {
namespace {

struct Attempt {
  OidcServices& services;
  AuthorizeRequest asked;
  std::function<void(Result<AuthorizationStep>)> done;

  void respond(std::string redirect) const {
    done(AuthorizationStep(AuthorizationResponse{std::move(redirect)}));
  }
  void refuse(std::string code, std::string text) const {
    const auto error = oidc_error(std::move(code), std::move(text));
    respond(error_redirect(asked.request, services.issuer, error));
  }
};
using AttemptPtr = std::shared_ptr<Attempt>;

void need_login(const Attempt& attempt);
void go_on(const Attempt& attempt, const SignedIn& person);
bool is_recent(const AuthorizationRequest& request, const Session& session, TimePoint now);
bool needs_consent(const Attempt& attempt, const Account& account);
Changes note_consent(const Attempt& attempt, const SignedIn& person);
std::string make_code(const Attempt& attempt, const SignedIn& person);

}  // namespace

void authorize(OidcServices& services, AuthorizeRequest request,
               std::function<void(Result<AuthorizationStep>)> done) {
  const auto attempt =
      std::make_shared<Attempt>(Attempt{services, std::move(request), std::move(done)});
  if (attempt->asked.cookie.empty()) return need_login(*attempt);
  Credentials credentials;
  credentials.cookie = attempt->asked.cookie;
  DecideSignedIn decide;
  if (attempt->asked.allowed) {
    decide = [attempt](const SignedIn& person) -> Result<Changes> {
      return note_consent(*attempt, person);
    };
  }
  signed_in(services.accounts, credentials, std::move(decide),
            [attempt](const Result<SignedIn>& person) {
              if (person) return go_on(*attempt, *person);
              if (person.error().code == "unauthorized") return need_login(*attempt);
              attempt->done(person.error());
            });
}

namespace {

void need_login(const Attempt& attempt) {
  if (attempt.asked.request.prompt.none) {
    return attempt.refuse("login_required", "The person is not logged in.");
  }
  attempt.done(AuthorizationStep(LoginNeeded{}));
}

void go_on(const Attempt& attempt, const SignedIn& person) {
  const TimePoint now = attempt.services.accounts.clock.now();
  const auto& request = attempt.asked.request;
  if (!is_recent(request, person.session, now)) return need_login(attempt);
  if (!attempt.asked.allowed && needs_consent(attempt, person.account)) {
    if (request.prompt.none) {
      return attempt.refuse("consent_required", "The person has not allowed this client.");
    }
    return attempt.done(
        AuthorizationStep(ConsentNeeded{person.account.email, person.account.locale}));
  }
  attempt.respond(code_redirect(request, attempt.services.issuer, make_code(attempt, person)));
}

bool is_recent(const AuthorizationRequest& request, const Session& session, TimePoint now) {
  const bool after_request = session.created_at >= request.started_at;
  if (request.prompt.login || request.prompt.create) return after_request;
  // However small max_age is, a login for this very request counts.
  if (!request.max_age_s || after_request) return true;
  return now - session.created_at <= std::chrono::seconds(*request.max_age_s);
}

bool needs_consent(const Attempt& attempt, const Account& account) {
  const auto& [request, client, cookie, context, allowed] = attempt.asked;
  if (request.prompt.consent) return true;
  if (!client->third_party) return false;
  const auto given = std::ranges::find(account.consents, client->id, &ClientConsent::client_id);
  return given == account.consents.end() || !covers_scope(given->scope, request.scope);
}

Changes note_consent(const Attempt& attempt, const SignedIn& person) {
  const auto& [request, client, cookie, context, allowed] = attempt.asked;
  const TimePoint now = attempt.services.accounts.clock.now();
  Account account = person.account;
  std::erase_if(account.consents,
                [&](const ClientConsent& consent) { return consent.client_id == client->id; });
  if (account.consents.size() >= limits::kConsentsPerAccount) {
    account.consents.erase(account.consents.begin());
  }
  account.consents.push_back({client->id, request.scope, now});
  Changes changes;
  changes.audit.push_back(audit_entry("consent", "done", account.id, context, now));
  changes.account = std::move(account);
  return changes;
}

std::string make_code(const Attempt& attempt, const SignedIn& person) {
  const auto& request = attempt.asked.request;
  const TimePoint now = attempt.services.accounts.clock.now();
  return seal_code(
      attempt.services.code_key,
      {new_id(now), request.client_id, request.redirect_uri, request.code_challenge, request.nonce,
       request.scope, person.account.id, person.session.id, now + limits::kCodeLife});
}

}  // namespace
}  // namespace postern
