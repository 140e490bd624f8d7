// The services of the account operations, for a command instead of a server.
//
// Thread contract: for the main thread of a process.
#pragma once

#include <functional>

#include "account/services.hpp"
#include "app/config.hpp"

namespace postern {

/// Opens the database, has `work` done and closes it; returns what `work` returned. Throws
/// StartError.
int with_accounts(const Config& config, const std::function<int(AccountServices&)>& work);

}  // namespace postern
