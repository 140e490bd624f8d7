// Deleting an account, by the operator.
#pragma once

#include "account/account_change.hpp"

namespace postern {

/// The account and the states of its emails are gone; every token of it is invalid, also when the
/// address is registered anew. The audit trail stays, by id alone. An email that waits in the queue
/// may still go out; its link opens nothing.
void remove_account(AccountServices& services, AccountChange change, AccountDone done);

}  // namespace postern
