#include "account/revoke_client.hpp"

#include <future>

#include "account/audit.hpp"

namespace postern {
namespace {

Changes revoke(const ClientRevocation& revocation, const AccountView& current, TimePoint now,
               RevokedClient& revoked) {
  Changes changes;
  revoked = {};
  Account account = *current.account;
  revoked.had_consent = std::erase_if(account.consents, [&](const ClientConsent& consent) {
                          return consent.client_id == revocation.client_id;
                        }) > 0;
  for (Session session : current.sessions) {
    const auto before = revoked.grants;
    for (auto& grant : session.grants) {
      if (grant.revoked || grant.client_id != revocation.client_id) continue;
      // It stays in the session until its code has expired: see ClientGrant.
      grant.revoked = true;
      ++revoked.grants;
    }
    if (revoked.grants > before) changes.sessions.updates.push_back(std::move(session));
  }
  if (!revoked.had_consent && revoked.grants == 0) return {};
  changes.audit.push_back(
      audit_entry("consent", "ended:revoked", account.id, revocation.context, now));
  if (revoked.had_consent) changes.account = std::move(account);
  return changes;
}

}  // namespace

Result<RevokedClient> revoke_client(AccountServices& services, ClientRevocation revocation) {
  RevokedClient revoked;
  std::promise<Status> answer;
  Operation operation;
  operation.account = revocation.account;
  operation.reads_sessions = true;
  operation.decide = [&](const AccountView& current) -> Result<Changes> {
    if (!current.account) return Error{"not_found", Retry::kNever, "there is no such account"};
    return revoke(revocation, current, services.clock.now(), revoked);
  };
  operation.done = [&](Status status) { answer.set_value(std::move(status)); };
  services.writer.submit(std::move(operation));
  if (const auto status = answer.get_future().get(); !status) return status.error();
  return revoked;
}

}  // namespace postern
