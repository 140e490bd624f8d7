#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <thread>

#include "admin/account_commands.hpp"
#include "admin/client_commands.hpp"
#include "admin/mail_commands.hpp"
#include "app/backup_commands.hpp"
#include "app/check.hpp"
#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "app/database_wait.hpp"
#include "app/healthcheck.hpp"
#include "app/keys_command.hpp"
#include "app/serve.hpp"
#include "app/transact.hpp"
#include "app/wiring.hpp"
#include "app/with_accounts.hpp"
#include "store_sql/migrate.hpp"

namespace postern {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

Config load(Role role) { return load_config(process_environment(), load_env_file(".env"), role); }

int serve_as(Role role, bool migrate_first) {
  const Config config = load(role);
  Logger log(config.log_level, config.log_format);
  return serve(config, {role, migrate_first}, log);
}

int migrate_now() {
  const Config config = load(Role::kCommand);
  prepare_data_folder(config.database_url);
  wait_for_database({[&] { return probe_database(config.database_url); },
                     [](std::chrono::milliseconds time) {
                       std::this_thread::sleep_for(time);
                       return false;
                     },
                     [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }});
  const auto report = migrate(config.database_url);
  if (!report) throw StartError("DATABASE_URL: " + report.error().cause);
  for (const auto& name : report->applied) std::printf("applied %s\n", name.c_str());
  std::printf("the schema is current\n");
  return kDone;
}

int healthcheck(bool ready) {
  const Config config = load(Role::kCommand);
  const auto health = ask_health(health_url(config.admin_listen, ready ? "/readyz" : "/healthz"));
  if (!health) {
    std::fprintf(stderr, "postern: %s%s\n", health.error().cause.c_str(),
                 config.admin_listen_given
                     ? ""
                     : "; ADMIN_LISTEN is not set, and without it a worker has no listener");
    return kFailed;
  }
  std::printf("%s\n", health->report.c_str());
  return health->good ? kDone : kFailed;
}

void add_healthcheck(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("healthcheck", "Ask the process on ADMIN_LISTEN whether it is healthy");
  auto* ready = command->add_flag("--ready");
  ready->description("Ask whether it is ready: its database or queue, too");
  command->callback([ready, &exit_code] { exit_code = healthcheck(ready->count() > 0); });
}

/// The options of `postern keys`.
struct KeysOptions {
  bool json = false;
  bool now = false;
  std::string kid;
};

void add_keys(CLI::App& app, KeysOptions& options) {
  auto* keys = app.add_subcommand("keys", "Manage the keys that sign access tokens");
  keys->require_subcommand(1);
  keys->footer("Examples:\n  postern keys list\n  postern keys rotate\n  postern keys revoke KID");
  const auto add = [&](const char* name, const char* text, std::function<void()> run) {
    auto* command = keys->add_subcommand(name, text);
    command->add_flag("--json", options.json, "Print JSON for programs");
    command->callback(std::move(run));
    return command;
  };
  add("list", "List the keys and their states",
      [&] { list_keys(load(Role::kCommand), options.json); });
  add("rotate", "Add a key: published immediately, it signs after two minutes", [&] {
    rotate_keys(load(Role::kCommand), options.now, options.json);
  })->add_flag("--now", options.now, "Sign with it immediately");
  add("revoke", "Make every token of a key invalid",
      [&] { revoke_key(load(Role::kCommand), options.kid, options.json); })
      ->add_option("KID", options.kid, "The key's id, as `postern keys list` shows it")
      ->required();
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Postern: a self-hosted account server that verifies people by email", "postern");
  app.require_subcommand(1);
  app.set_version_flag("--version", POSTERN_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(
      "Settings come from the environment and from .env: docs/configuration.md\n\nExamples:\n"
      "  postern run                         everything in one process, on http://localhost:5001\n"
      "  postern check                       is the configuration usable?\n"
      "  postern accounts show anna@example.com");
  int exit_code = kDone;
  bool migrate_first = false;
  KeysOptions keys;

  const auto add_server = [&](const char* name, const char* text, Role role) {
    auto* command = app.add_subcommand(name, text);
    if (role != Role::kWorker) {
      command->add_flag("--migrate", migrate_first,
                        "Bring the database schema to the newest version first");
    }
    command->callback([&, role] { exit_code = serve_as(role, migrate_first); });
  };
  add_server("run", "Run app and worker in one process", Role::kRun);
  add_server("app", "Serve HTTP and publish mail jobs to the queue", Role::kApp);
  add_server("worker", "Take mail jobs from the queue and send the emails", Role::kWorker);
  app.add_subcommand("migrate", "Bring the database schema to the newest version")->callback([&] {
    exit_code = migrate_now();
  });
  app.add_subcommand("check",
                     "Try everything that the configuration names, and print a line for each")
      ->callback([&] { exit_code = check(load(Role::kCommand)) ? kDone : kFailed; });
  add_healthcheck(app, exit_code);
  add_mail_commands(app, [] { return make_mail_setup(load(Role::kCommand)); }, exit_code);
  add_account_commands(
      app, [](const auto& work) { return with_accounts(load(Role::kCommand), work); }, exit_code);

  add_client_commands(
      app, [](const std::function<Status(Store&)>& work) { transact(load(Role::kCommand), work); });
  add_keys(app, keys);
  add_backup_commands(app, [] { return load(Role::kCommand).database_url; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern: %s\n", error.what());
    return kFailed;
  }
  return exit_code;
}

}  // namespace postern
