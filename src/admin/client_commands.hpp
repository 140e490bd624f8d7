// `postern clients`: the products whose people log in here.
//
// Thread contract: for the start of a process.
#pragma once

#include <functional>

#include "base/result.hpp"
#include "store/store.hpp"

namespace CLI {
class App;
}

namespace postern {

/// Runs the work in one transaction, which its error undoes; throws when it failed.
using Transact = std::function<void(const std::function<Status(Store&)>& work)>;

void add_client_commands(CLI::App& app, Transact transact);

}  // namespace postern
