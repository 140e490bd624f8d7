#include "admin/breached_commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "admin/breached_import.hpp"

namespace postern {
namespace {

void build(const BreachedBuild& options) {
  const auto hashes = build_breached_filter(options);
  if (!hashes) throw std::runtime_error(hashes.error().text);
  std::printf("%s: %llu hashes, %.1f MB. Set BREACHED_PASSWORDS_FILE=%s\n", options.filter.c_str(),
              static_cast<unsigned long long>(*hashes),
              static_cast<double>(std::filesystem::file_size(options.filter)) / 1e6,
              std::filesystem::absolute(options.filter).c_str());
}

}  // namespace

void add_breached_commands(CLI::App& app) {
  auto* breached = app.add_subcommand(
      "breached", "Make the filter that refuses passwords known from data breaches");
  breached->require_subcommand(1);
  const auto options = std::make_shared<BreachedBuild>();
  options->filter = "breached.filter";
  auto* command = breached->add_subcommand(
      "build", "Make the filter from a public list of SHA-1 hashes, sorted by hash");
  command
      ->add_option("LIST", options->list,
                   "A file of HASH:COUNT lines, a folder of its ranges, or - for standard input")
      ->required()
      ->option_text(" ");
  command->add_option("--output", options->filter, "The file to write or replace")
      ->capture_default_str()
      ->option_text("FILE");
  command
      ->add_option("--min-count", options->least_count,
                   "Leave out passwords that were seen less often")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  command->footer(
      "Examples:\n  postern breached build pwnedpasswords.txt --output /var/lib/postern/"
      "breached.filter\n  postern breached build ranges/ --min-count 10");
  command->callback([options] { build(*options); });
}

}  // namespace postern
