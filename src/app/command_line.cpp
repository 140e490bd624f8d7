#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "admin/account_commands.hpp"
#include "admin/breached_commands.hpp"
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
#include "app/usage.hpp"
#include "app/version.hpp"
#include "app/wiring.hpp"
#include "app/with_accounts.hpp"
#include "store_sql/migrate.hpp"

namespace postern {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

/// Loads the configuration for a command, once one is chosen.
class Loader {
 public:
  explicit Loader(CLI::App& app) {
    app.add_option("--env-file", *env_file_,
                   "Read the settings from FILE in place of .env in the working directory")
        ->option_text("FILE")
        ->check([](const std::string& text) { return text.empty() ? "an empty name" : ""; });
  }

  Config load(Role role) const {
    const auto file = env_file_->empty() ? load_env_file(".env") : load_named_env_file(*env_file_);
    return load_config(process_environment(), file, role);
  }
  /// For a command that works on a system that is there.
  Config load_existing() const {
    auto config = load(Role::kCommand);
    if (auto why = missing_database(config); !why.empty()) throw StartError(why);
    return config;
  }

 private:
  std::shared_ptr<std::string> env_file_ = std::make_shared<std::string>();
};

int serve_as(const Config& config, Role role, bool migrate_first) {
  Logger log(config.log_level, config.log_format);
  return serve(config, {role, migrate_first}, log);
}

int migrate_now(const Config& config) {
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

int healthcheck(const Config& config, bool ready) {
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

void add_healthcheck(CLI::App& app, const Loader& loader, int& exit_code) {
  auto* command =
      app.add_subcommand("healthcheck", "Ask the process on ADMIN_LISTEN whether it is healthy");
  auto* ready = command->add_flag("--ready");
  ready->description("Ask whether it is ready: its database or queue, too");
  command->callback([ready, &loader, &exit_code] {
    exit_code = healthcheck(loader.load(Role::kCommand), ready->count() > 0);
  });
}

/// The options of `postern keys`.
struct KeysOptions {
  bool json = false;
  bool now = false;
  std::string kid;
};

void add_keys(CLI::App& app, const Loader& loader, KeysOptions& options) {
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
      [&] { list_keys(loader.load_existing(), options.json); });
  add("rotate", "Add a key: published immediately, it signs after two minutes", [&] {
    rotate_keys(loader.load_existing(), options.now, options.json);
  })->add_flag("--now", options.now, "Sign with it immediately");
  add("revoke", "Make every token of a key invalid",
      [&] { revoke_key(loader.load_existing(), options.kid, options.json); })
      ->add_option("KID", options.kid, "The key's id, as `postern keys list` shows it")
      ->required();
}

/// The commands that run or prepare a system.
void add_processes(CLI::App& app, const Loader& loader, int& exit_code) {
  const auto migrate_first = std::make_shared<bool>(false);
  const auto add_server = [&](const char* name, const char* text, Role role) {
    auto* command = app.add_subcommand(name, text);
    if (role != Role::kWorker) {
      command->add_flag("--migrate", *migrate_first,
                        "Bring the database schema to the newest version first");
    }
    command->callback([&, role, migrate_first] {
      exit_code = serve_as(loader.load(role), role, *migrate_first);
    });
  };
  add_server("run", "Run app and worker in one process", Role::kRun);
  add_server("app", "Serve HTTP and publish mail jobs to the queue", Role::kApp);
  add_server("worker", "Take mail jobs from the queue and send the emails", Role::kWorker);
  app.add_subcommand("migrate", "Bring the database schema to the newest version")->callback([&] {
    exit_code = migrate_now(loader.load(Role::kCommand));
  });
  app.add_subcommand("check",
                     "Try everything that the configuration names, and print a line for each")
      ->callback([&] { exit_code = check(loader.load(Role::kCommand)) ? kDone : kFailed; });
  add_healthcheck(app, loader, exit_code);
}

void add_commands(CLI::App& app, const Loader& loader, int& exit_code) {
  add_processes(app, loader, exit_code);
  add_mail_commands(app, [&] { return make_mail_setup(loader.load(Role::kCommand)); }, exit_code);
  add_account_commands(
      app, [&](const auto& work) { return with_accounts(loader.load_existing(), work); },
      exit_code);
  add_client_commands(app, [&](const std::function<Status(Store&)>& work) {
    transact(loader.load_existing(), work);
  });
  add_breached_commands(app);
  // A restore may be the first command on a machine.
  add_backup_commands(app, [&] { return loader.load(Role::kCommand).database_url; });
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Postern: a self-hosted account server that verifies people by email", "postern");
  app.require_subcommand(1);
  // Options of the whole program may stand before or behind the command.
  app.fallthrough();
  app.set_version_flag("--version", version_text, "Print the version, and those of the libraries");
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(
      "Settings come from the environment and from .env: docs/configuration.md\n\nExamples:\n"
      "  postern run                         everything in one process, on http://localhost:5001\n"
      "  postern check                       is the configuration usable?\n"
      "  postern help accounts               the commands for accounts\n"
      "  postern accounts show anna@example.com");
  int exit_code = kDone;
  KeysOptions keys;
  const Loader loader(app);
  add_commands(app, loader, exit_code);
  add_keys(app, loader, keys);
  add_help_command(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version print to the standard output.
    if (error.get_exit_code() == kDone) return app.exit(error);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::fprintf(stderr, "%s", explain_wrong_usage(app, error, arguments).c_str());
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern: %s\n", error.what());
    return kFailed;
  }
  return exit_code;
}

}  // namespace postern
