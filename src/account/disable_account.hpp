// Disabling an account, and enabling it again.
#pragma once

#include "account/account_change.hpp"

namespace postern {

/// Logins are refused and no email is sent any more; every token made before is invalid, and stays
/// so when the account is enabled again. An account that is disabled already stays as it is.
void disable_account(AccountServices& services, AccountChange change, AccountDone done);

/// Back to confirmed where a password is set, else to unconfirmed. An account that is not disabled
/// stays as it is.
void enable_account(AccountServices& services, AccountChange change, AccountDone done);

}  // namespace postern
