#include "oidc/revoke.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "account/audit.hpp"
#include "oidc/client_tokens.hpp"

namespace postern {
namespace {

struct GrantRef {
  std::string account_id;
  std::string grant_id;
};

std::optional<GrantRef> grant_of(const OidcServices& services, const std::string& token) {
  const auto& accounts = services.accounts;
  if (auto parts = accounts.tokens.read(SessionTokenUse::kClientRefresh, token)) {
    return GrantRef{parts->account_id, parts->session_id};
  }
  const auto claims = accounts.keys.ring()->verify_of_client(token, accounts.clock.now());
  if (!claims) return std::nullopt;
  return GrantRef{claims->account_id, claims->grant_id};
}

}  // namespace

void revoke(OidcServices& services, Revocation revocation, std::function<void(Status)> done) {
  const auto grant = grant_of(services, revocation.token);
  if (!grant) return done({});
  Operation operation;
  operation.account = {AccountRef::By::kId, grant->account_id};
  operation.reads_sessions = true;
  operation.decide = [&services, revocation = std::move(revocation),
                      id = grant->grant_id](const AccountView& current) -> Result<Changes> {
    const auto found = find_grant(services, current, id);
    if (!found.grant || found.grant->client_id != revocation.client->id) return Changes{};
    Session session = *found.session;
    std::ranges::find(session.grants, id, &ClientGrant::id)->revoked = true;
    Changes changes;
    changes.audit.push_back(audit_entry("client-tokens", "ended:revoked", session.account_id,
                                        revocation.context, services.accounts.clock.now()));
    changes.sessions.updates.push_back(std::move(session));
    return changes;
  };
  operation.done = std::move(done);
  services.accounts.writer.submit(std::move(operation));
}

}  // namespace postern
