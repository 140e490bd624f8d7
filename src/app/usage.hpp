// Help, and what wrong usage of the command line is answered with.
//
// Thread contract: for the start of a process.
// Knows the commands only as the parser does; prints nothing about their data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace postern {

/// Adds `help [COMMAND …]`; it prints what `COMMAND … --help` prints.
void add_help_command(CLI::App& app);

/// Lines for standard error about arguments that the parser refused: what is wrong, the command or
/// option that was probably meant, and where the help is. A command that lacks its subcommand is
/// answered with its whole help.
std::string explain_wrong_usage(const CLI::App& app, const CLI::ParseError& error,
                                std::span<const std::string> arguments);

/// The candidate that `word` is probably a typing error of; empty: none is close.
std::string closest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace postern
