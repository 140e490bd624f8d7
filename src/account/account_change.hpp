// Shared steps of the operations of an operator, and of an owner, on an existing account.
//
//   submit ─► [ decide on the account as it is · write it with audit and event ] ─► done
//
// Thread contract: as services.hpp says.
#pragma once

#include <functional>
#include <span>

#include "account/services.hpp"

namespace postern {

struct AccountChange {
  AccountRef account;
  RequestContext context;
};

/// The account as it is after the change; one that was deleted, as it was. Error, besides those of
/// every operation: not_found.
using AccountDone = std::function<void(Result<Account>)>;

/// Pure, as every decision of the writer. Changes without an account leave it as it is.
using DecideChange = Changes (*)(const AccountServices& services, const AccountChange& change,
                                 const Account& current, std::span<const Session> sessions);

void change_account(AccountServices& services, AccountChange change, DecideChange decide,
                    AccountDone done);

}  // namespace postern
