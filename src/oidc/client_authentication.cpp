#include "oidc/client_authentication.hpp"

#include <memory>

#include "oidc/client_assertion.hpp"

namespace postern {
namespace {

struct Attempt {
  OidcServices& services;
  ClientCredentials credentials;
  Clients::Done done;
  /// By the latest judgement.
  UsedAssertion assertion = {};
};
using AttemptPtr = std::shared_ptr<Attempt>;

Error invalid_client() {
  return oidc_error("invalid_client", "The client is unknown or did not prove who it is.");
}

bool has_secret(const Client* client, std::string_view secret, TimePoint now) {
  const std::string hash = hash_client_secret(secret);
  // Compared whether there is such a client or not, so that time tells nothing.
  const std::string none(hash.size(), '-');
  const bool present = client && !client->secret_hash.empty();
  const bool previous =
      client && !client->previous_secret_hash.empty() && now < client->previous_secret_until;
  const bool is_present = equal_in_constant_time(hash, present ? client->secret_hash : none);
  const bool is_previous =
      equal_in_constant_time(hash, previous ? client->previous_secret_hash : none);
  return is_present || is_previous;
}

Status judge(Attempt& attempt, const Client* client) {
  const auto& credentials = attempt.credentials;
  const TimePoint now = attempt.services.accounts.clock.now();
  const auto authentication = client ? client->authentication : ClientAuthentication::kSecret;
  bool proven = false;
  if (!credentials.assertion.empty()) {
    auto used =
        check_client_assertion(client, credentials.assertion, {attempt.services.issuer, now});
    proven = used && authentication == ClientAuthentication::kPrivateKeyJwt;
    if (used) attempt.assertion = *std::move(used);
  } else if (!credentials.secret.empty()) {
    proven = has_secret(client, credentials.secret.view(), now) &&
             authentication == ClientAuthentication::kSecret;
  } else {
    proven = client && client->is_public();
  }
  return proven ? Status() : invalid_client();
}

/// An assertion is good once.
void use_assertion(const AttemptPtr& attempt, const ClientPtr& client) {
  const auto fresh = std::make_shared<bool>(false);
  StoreTask task;
  task.run = [attempt, fresh](Store& store) -> Status {
    const auto& [key, expires_at] = attempt->assertion;
    auto used = store.use_assertion(key, expires_at, attempt->services.accounts.clock.now());
    if (!used) return used.error();
    *fresh = *used;
    return {};
  };
  task.done = [attempt, client, fresh](const Status& status) {
    if (!status) return attempt->done(status.error());
    *fresh ? attempt->done(client) : attempt->done(invalid_client());
  };
  attempt->services.accounts.writer.submit(std::move(task));
}

}  // namespace

void authenticate_client(OidcServices& services, ClientCredentials credentials,
                         Clients::Done done) {
  const auto attempt =
      std::make_shared<Attempt>(Attempt{services, std::move(credentials), std::move(done)});
  services.clients.find(
      attempt->credentials.client_id,
      [attempt](const Client* client) { return judge(*attempt, client); },
      [attempt](const Result<ClientPtr>& client) {
        if (!client) return attempt->done(client.error());
        attempt->credentials.assertion.empty() ? attempt->done(*client)
                                               : use_assertion(attempt, *client);
      });
}

std::string make_client_secret() { return base64url_encode(random_bytes(32)); }

std::string hash_client_secret(std::string_view secret) { return base64url_encode(sha256(secret)); }

}  // namespace postern
