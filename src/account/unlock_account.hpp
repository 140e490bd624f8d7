// Forgets the wrong passwords of an address, on an operator's request.
//
// Thread contract: any thread but the writer's; waits for the database.
#pragma once

#include <cstdint>

#include "account/services.hpp"

namespace postern {

struct Unlocked {
  /// Wrong passwords in a row that were counted, from unknown devices.
  std::int64_t failures = 0;
  /// Whether only a new password or a known device would have opened the account.
  bool was_locked = false;
};

/// The counts are in the database, so every app goes by it at the next login. Not forgotten: the
/// delay of one client network (at most limits::kLoginDelayMax), whose key holds its address.
/// Error: not_found.
Result<Unlocked> unlock_account(AccountServices& services, const AccountRef& ref,
                                const RequestContext& context);

}  // namespace postern
