#include "app/usage.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

namespace postern {
namespace {

/// A command with the words that lead to it: "postern accounts show".
struct Command {
  const CLI::App* app;
  std::string name;
};

/// The command that arguments name, and the first word of them that means nothing to it.
struct Reading {
  Command command;
  std::string unknown = {};
};

std::string help_of(const Command& command) {
  return command.app->get_formatter()->make_help(command.app, command.name,
                                                 CLI::AppFormatMode::Normal);
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* find_subcommand(const CLI::App& app, const std::string& name) {
  for (const auto* command : subcommands_of(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

/// An option of the command or of those above it; `name` is without a value.
const CLI::Option* find_option(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const auto* option = app->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const auto* option : app->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

Reading read(const CLI::App& app, std::span<const std::string> arguments) {
  Reading reading{{&app, app.get_name()}};
  auto& command = reading.command;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    const auto& word = arguments[i];
    if (word.size() > 1 && word.front() == '-') {
      const auto* option = find_option(command.app, word.substr(0, word.find('=')));
      if (option == nullptr) {
        reading.unknown = word.substr(0, word.find('='));
        return reading;
      }
      // Its value is no command.
      if (option->get_items_expected_min() > 0 && word.find('=') == std::string::npos) ++i;
    } else if (const auto* next = find_subcommand(*command.app, word)) {
      command = {next, command.name + " " + word};
    } else if (!subcommands_of(*command.app).empty()) {
      reading.unknown = word;
      return reading;
    }
  }
  return reading;
}

std::string where_help_is(const Command& command) {
  return "Run `" + command.name + " --help` for more information.\n";
}

std::string unknown_word(const Reading& reading) {
  const auto& [command, unknown] = reading;
  const bool is_option = unknown.front() == '-';
  std::vector<std::string> candidates;
  if (is_option) {
    candidates = option_names(command.app);
  } else {
    for (const auto* known : subcommands_of(*command.app)) candidates.push_back(known->get_name());
  }
  std::string text = "postern: `" + command.name + "` has no " +
                     (is_option ? "option" : "command") + " \"" + unknown + "\"";
  const auto closest = closest_word(unknown, candidates);
  if (!closest.empty()) text += "; did you mean \"" + closest + "\"?";
  return text + "\n" + where_help_is(command);
}

/// How many insertions, deletions, changes and swaps of neighbours lead from one to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> above(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::vector<std::size_t> row(to.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(above, std::move(row));
  }
  return above.back();
}

}  // namespace

std::string closest_word(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kPrefix = 3;
  const std::size_t allowed = word.size() < 5 ? 1 : 2;
  std::string closest;
  std::size_t least = allowed + 1;
  for (const auto& candidate : candidates) {
    const auto away = distance(word, candidate);
    if (away >= least) continue;
    least = away;
    closest = candidate;
  }
  if (!closest.empty() || word.size() < kPrefix) return closest;
  const auto longer = std::ranges::find_if(
      candidates, [&](const std::string& candidate) { return candidate.starts_with(word); });
  return longer == candidates.end() ? std::string() : *longer;
}

void add_help_command(CLI::App& app) {
  const auto words = std::make_shared<std::vector<std::string>>();
  auto* help = app.add_subcommand("help", "Print the help of a command");
  help->add_option("COMMAND", *words, "The command, such as `accounts show`")->option_text(" ");
  help->callback([&app, words] {
    const auto reading = read(app, *words);
    if (!reading.unknown.empty()) throw CLI::ExtrasError({reading.unknown});
    std::printf("%s", help_of(reading.command).c_str());
  });
}

std::string explain_wrong_usage(const CLI::App& app, const CLI::ParseError& error,
                                std::span<const std::string> arguments) {
  auto reading = read(app, arguments);
  if (reading.command.app->get_name() == "help") {
    reading = read(app, arguments.subspan(1));
  }
  if (!reading.unknown.empty()) return unknown_word(reading);
  if (!subcommands_of(*reading.command.app).empty()) return help_of(reading.command);
  return std::string("postern: ") + error.what() + "\n" + where_help_is(reading.command);
}

}  // namespace postern
