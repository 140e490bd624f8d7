#include "account/account_change.hpp"

#include <memory>
#include <utility>

#include "base/ids.hpp"

namespace postern {
namespace {

/// One change on its way through the writer.
struct Pending {
  AccountServices& services;
  AccountChange change;
  DecideChange decide;
  AccountDone done;
  /// The account after the latest decision.
  Account outcome;
};

}  // namespace

AuditEntry audit_of(const AccountChange& change, const Account& account, std::string action,
                    TimePoint now) {
  return {new_id(now), now, std::move(action), "done", account.id, change.context.request_id};
}

void change_account(AccountServices& services, AccountChange change, DecideChange decide,
                    AccountDone done) {
  auto pending =
      std::make_shared<Pending>(Pending{services, std::move(change), decide, std::move(done), {}});
  Operation operation;
  operation.account = pending->change.account;
  operation.decide_on_sessions = [pending](const Account* current,
                                           std::span<const Session> sessions) -> Result<Changes> {
    if (!current) return Error{"not_found", Retry::kNever, "there is no such account"};
    auto changes = pending->decide(pending->services, pending->change, *current, sessions);
    pending->outcome = changes.account.value_or(*current);
    return changes;
  };
  operation.done = [pending](Status status) {
    if (!status) return pending->done(status.error());
    pending->done(std::move(pending->outcome));
  };
  services.writer.submit(std::move(operation));
}

}  // namespace postern
