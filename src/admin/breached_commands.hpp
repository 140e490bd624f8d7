// `postern breached`: the filter of passwords that were published after break-ins elsewhere.
//
// Thread contract: for a command of its own.
#pragma once

namespace CLI {
class App;
}

namespace postern {

void add_breached_commands(CLI::App& app);

}  // namespace postern
