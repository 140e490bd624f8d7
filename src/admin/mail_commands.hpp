// `postern mail queue|dead|replay|drop|preview|send-test`: what is typed, and what that means.
//
// Thread contract: for the main thread, before and while the command line is parsed.
// Does none of the work itself: queue_commands.hpp and email_commands.hpp do.
#pragma once

#include <functional>

#include "admin/mail_setup.hpp"

namespace CLI {
class App;
}

namespace postern {

/// `load` is called when one of the commands runs; what it throws ends the command. A command that
/// fails says why on stderr and makes `exit_code` 1. `exit_code` outlives the parsing.
void add_mail_commands(CLI::App& app, std::function<MailSetup()> load, int& exit_code);

}  // namespace postern
