#include "account/free_email.hpp"

#include <memory>

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/session_services.hpp"

namespace postern {
namespace {

Error email_taken() { return {"email_taken", Retry::kNever, "an account has the address"}; }

Result<Changes> give_way(const AccountServices& services, const EmailClaim& claim,
                         const Account& other) {
  if (other.state != AccountState::kUnconfirmed) return email_taken();
  const TimePoint now = services.clock.now();
  Changes changes;
  changes.remove_account = true;
  announce(services, changes, {"account.deleted", other.id, {}, now});
  changes.audit.push_back(audit_entry(claim.action, "gave-way", other.id, claim.context, now));
  return changes;
}

}  // namespace

void free_email(AccountServices& services, EmailClaim claim, std::function<void(Status)> done) {
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, claim.email_key};
  operation.reads_sessions = true;
  operation.decide = [&services,
                      claim = std::move(claim)](const AccountView& current) -> Result<Changes> {
    const Account* account = current.account;
    if (account && account->id != claim.account_id) return give_way(services, claim, *account);
    return Changes{};
  };
  operation.done = std::move(done);
  services.writer.submit(std::move(operation));
}

Error as_email_taken(const Error& error) {
  return error.code == store_error::kConflict ? email_taken() : error;
}

}  // namespace postern
