// whose request is it? (the hint, or the client_id) ─► may it redirect there? ─► does the hint name
// the session of this browser? ─► the session ends, or the person is asked
#include "oidc/end_session.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "account/end_sessions.hpp"
#include "oidc/redirect_uri.hpp"
#include "text/form.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

struct Hint {
  std::string client_id;
  std::string account_id;
  std::string session_id;
};

struct Attempt {
  OidcServices& services;
  EndSessionRequest request;
  std::function<void(Result<EndSessionStep>)> done;
  std::optional<Hint> hint = {};
  EndSessionStep step = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

std::optional<Hint> read_hint(const OidcServices& services, std::string_view token);
Status accept_client(const Attempt& attempt, const Client* client);
void with_client(const AttemptPtr& attempt, const Client& client);
void look_at_session(const AttemptPtr& attempt);
bool names_session(const Attempt& attempt);
Error invalid_request(std::string text) { return oidc_error("invalid_request", std::move(text)); }

}  // namespace

void end_session(OidcServices& services, EndSessionRequest request,
                 std::function<void(Result<EndSessionStep>)> done) {
  const auto attempt =
      std::make_shared<Attempt>(Attempt{services, std::move(request), std::move(done)});
  auto& asked = attempt->request;
  if (!asked.id_token_hint.empty()) {
    attempt->hint = read_hint(services, asked.id_token_hint);
    if (!attempt->hint) return attempt->done(invalid_request("id_token_hint is not ours."));
    if (!asked.client_id.empty() && asked.client_id != attempt->hint->client_id) {
      return attempt->done(invalid_request("id_token_hint is another client's."));
    }
    asked.client_id = attempt->hint->client_id;
  }
  if (asked.client_id.empty()) {
    if (asked.post_logout_redirect_uri.empty()) return look_at_session(attempt);
    return attempt->done(
        invalid_request("post_logout_redirect_uri needs a client_id or an id_token_hint."));
  }
  const auto accept = [attempt](const Client* client) { return accept_client(*attempt, client); };
  services.clients.find(asked.client_id, accept, [attempt](const Result<ClientPtr>& client) {
    client ? with_client(attempt, **client) : attempt->done(client.error());
  });
}

namespace {

/// Expired or not: a product may log out long after the login.
std::optional<Hint> read_hint(const OidcServices& services, std::string_view token) {
  const auto payload = services.accounts.keys.ring()->verify_id_token(token);
  if (!payload) return std::nullopt;
  const auto claims = parse_json_object(*payload);
  if (!claims) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(string_at(*claims, name).value_or(std::string_view()));
  };
  Hint hint{text("aud"), text("sub"), text("sid")};
  if (hint.client_id.empty() || hint.account_id.empty()) return std::nullopt;
  return hint;
}

Status accept_client(const Attempt& attempt, const Client* client) {
  if (!client) return oidc_error("invalid_client", "No client has this client_id.");
  const auto& uri = attempt.request.post_logout_redirect_uri;
  const auto& registered = client->post_logout_redirect_uris;
  if (uri.empty() || std::ranges::find(registered, uri) != registered.end()) return {};
  return invalid_request("The client has not registered this post_logout_redirect_uri.");
}

void with_client(const AttemptPtr& attempt, const Client& client) {
  attempt->step.client_name = client.name;
  const auto& [hint, id, uri, state, cookie, context, confirmed] = attempt->request;
  if (!uri.empty()) {
    attempt->step.redirect =
        state.empty() ? uri : with_query(uri, "state=" + percent_encode(state));
  }
  look_at_session(attempt);
}

void look_at_session(const AttemptPtr& attempt) {
  const auto& request = attempt->request;
  // There is no login, or the person said so, or their product has proven that it is theirs.
  if (request.cookie.empty()) return attempt->done(attempt->step);
  if (!request.confirmed && !names_session(*attempt)) {
    attempt->step.needs_confirmation = true;
    return attempt->done(attempt->step);
  }
  Credentials credentials;
  credentials.cookie = request.cookie;
  log_out(attempt->services.accounts, credentials, request.context,
          [attempt](const Status& status) {
            // A session that has ended already is what was asked for.
            const bool ended = status || status.error().code == "unauthorized";
            ended ? attempt->done(attempt->step) : attempt->done(status.error());
          });
}

bool names_session(const Attempt& attempt) {
  const auto parts =
      attempt.services.accounts.tokens.read(SessionTokenUse::kCookie, attempt.request.cookie);
  if (!parts) return true;
  return attempt.hint && attempt.hint->account_id == parts->account_id;
}

}  // namespace
}  // namespace postern
