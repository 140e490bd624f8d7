#include "account/account_change.hpp"

#include <memory>
#include <utility>

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

void change_account(AccountServices& services, AccountChange change, DecideChange decide,
                    AccountDone done) {
  auto pending =
      std::make_shared<Pending>(Pending{services, std::move(change), decide, std::move(done), {}});
  Operation operation;
  operation.account = pending->change.account;
  operation.reads_sessions = true;
  operation.decide = [pending](const AccountView& current) -> Result<Changes> {
    if (!current.account) return Error{"not_found", Retry::kNever, "there is no such account"};
    auto changes =
        pending->decide(pending->services, pending->change, *current.account, current.sessions);
    pending->outcome = changes.account.value_or(*current.account);
    return changes;
  };
  operation.done = [pending](Status status) {
    if (!status) return pending->done(status.error());
    pending->done(std::move(pending->outcome));
  };
  services.writer.submit(std::move(operation));
}

}  // namespace postern
