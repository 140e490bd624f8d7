#include "account/remove_account.hpp"

#include <utility>

#include "account/announce.hpp"
#include "account/audit.hpp"

namespace postern {
namespace {

Changes remove(const AccountServices& services, const AccountChange& change, const Account& current,
               std::span<const Session> sessions) {
  const TimePoint now = services.clock.now();
  Changes changes;
  changes.remove_account = true;
  changes.audit.push_back(audit_entry("delete", "done", current.id, change.context, now));
  announce(services, changes, {"account.deleted", current.id, {}, now});
  announce_revoked(services, changes, sessions, {}, now);
  return changes;
}

}  // namespace

void remove_account(AccountServices& services, AccountChange change, AccountDone done) {
  change_account(services, std::move(change), remove, std::move(done));
}

}  // namespace postern
