#include "oidc/userinfo.hpp"

#include <memory>

#include "oidc/authorization_request.hpp"
#include "oidc/client_tokens.hpp"

namespace postern {
namespace {

struct Attempt {
  OidcServices& services;
  AccessTokenClaims token;
  std::function<void(Result<boost::json::object>)> done;
  boost::json::object claims = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

void read_account(const AttemptPtr& attempt);
Error invalid_token(std::string cause);

}  // namespace

void userinfo(OidcServices& services, const std::string& access_token,
              std::function<void(Result<boost::json::object>)> done) {
  const auto& accounts = services.accounts;
  auto token = accounts.keys.ring()->verify_of_client(access_token, accounts.clock.now());
  if (!token) return done(invalid_token(token.error().cause));
  if (!has_scope(token->scope, "openid")) {
    return done(oidc_error("insufficient_scope", "The access token lacks the scope openid."));
  }
  const auto attempt =
      std::make_shared<Attempt>(Attempt{services, *std::move(token), std::move(done)});
  const auto exists = [](const Client* client) {
    return client ? Status() : invalid_token("its client is gone");
  };
  services.clients.find(attempt->token.client_id, exists,
                        [attempt](const Result<ClientPtr>& client) {
                          client ? read_account(attempt) : attempt->done(client.error());
                        });
}

namespace {

void read_account(const AttemptPtr& attempt) {
  Operation operation;
  operation.account = {AccountRef::By::kId, attempt->token.account_id};
  operation.reads_sessions = true;
  operation.decide = [attempt](const AccountView& current) -> Result<Changes> {
    if (!find_grant(attempt->services, current, attempt->token.grant_id).grant) {
      return invalid_token("its grant has ended");
    }
    attempt->claims = claims_of(*current.account, attempt->token.scope);
    return Changes{};
  };
  operation.done = [attempt](const Status& status) {
    if (!status) return attempt->done(status.error());
    attempt->done(std::move(attempt->claims));
  };
  attempt->services.accounts.writer.submit(std::move(operation));
}

Error invalid_token(std::string cause) {
  return {"invalid_token", Retry::kNever, std::move(cause), "The access token is not valid."};
}

}  // namespace
}  // namespace postern
