// The command line: which command, with which options.
#pragma once

namespace postern {

/// Exit code: 0 done, 1 failed, 2 wrong usage.
int run_command_line(int argc, char** argv);

}  // namespace postern
