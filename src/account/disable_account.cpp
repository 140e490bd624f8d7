#include "account/disable_account.hpp"

#include <utility>

#include "account/announce.hpp"
#include "account/audit.hpp"

namespace postern {
namespace {

Changes disable(const AccountServices& services, const AccountChange& change,
                const Account& current, std::span<const Session> sessions) {
  if (current.state == AccountState::kDisabled) return {};
  const TimePoint now = services.clock.now();
  Account account = current;
  account.state = AccountState::kDisabled;
  ++account.credential_version;
  account.updated_at = now;
  Changes changes;
  changes.sessions.ends.push_back({account.id});
  changes.audit.push_back(audit_entry("disable", "done", account.id, change.context, now));
  announce(services, changes, {"account.disabled", account.id, {}, now});
  announce_revoked(services, changes, sessions, {}, now);
  changes.account = std::move(account);
  return changes;
}

Changes enable(const AccountServices& services, const AccountChange& change, const Account& current,
               std::span<const Session>) {
  if (current.state != AccountState::kDisabled) return {};
  const TimePoint now = services.clock.now();
  Account account = current;
  const bool has_password = !account.password_hash.empty();
  account.state = has_password ? AccountState::kConfirmed : AccountState::kUnconfirmed;
  account.updated_at = now;
  Changes changes;
  changes.audit.push_back(audit_entry("enable", "done", account.id, change.context, now));
  changes.account = std::move(account);
  return changes;
}

}  // namespace

void disable_account(AccountServices& services, AccountChange change, AccountDone done) {
  change_account(services, std::move(change), disable, std::move(done));
}

void enable_account(AccountServices& services, AccountChange change, AccountDone done) {
  change_account(services, std::move(change), enable, std::move(done));
}

}  // namespace postern
