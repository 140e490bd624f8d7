// `postern backup` and `postern restore`.
//
// Thread contract: for a command of its own. A backup runs beside servers; a restore refuses to.
// Failures throw StartError with a line for the operator.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace postern {

/// `database_url` loads the setting when a command runs.
void add_backup_commands(CLI::App& app, std::function<std::string()> database_url);

}  // namespace postern
