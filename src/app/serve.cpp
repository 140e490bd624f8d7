#include "app/serve.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "app/api.hpp"
#include "app/database_use.hpp"
#include "app/database_wait.hpp"
#include "app/listeners.hpp"
#include "app/liveness.hpp"
#include "app/mail_delivery.hpp"
#include "app/maintenance.hpp"
#include "app/metrics_sources.hpp"
#include "app/service_notifier.hpp"
#include "app/stop_signals.hpp"
#include "app/watchdog.hpp"
#include "app/wiring.hpp"
#include "base/limits.hpp"
#include "web/admin_hosts.hpp"
#include "web/health.hpp"

namespace postern {
namespace {

/// Common to all roles.
struct Process {
  const Config& config;
  const ServeOptions& options;
  StopSignals& signals;
  const Clock& clock;
  Logger& log;
};

/// The process's connection to the database, taken over from an earlier process where no other
/// server uses it.
struct Database {
  Database(const Config& config, bool migrate_first, Logger& log)
      : use(config.database_url),
        writer(make_store(config, migrate_first), log),
        alone(use.alone()) {
    if (alone) end_leases(log);
    use.share();
  }

  /// Rows that are still leased were in flight in a process that ended.
  void end_leases(Logger& log) {
    const auto status = writer.run([](Store& store) { return store.end_leases(); });
    if (!status) log.warn("leases of an earlier process could not be ended", status.error());
  }

  /// First: a restore may be about to replace the file.
  DatabaseUse use;
  Writer writer;
  const bool alone;
};

/// Calls `passed` when the writer answers, be it that the database is away.
void ask(Writer& writer, const std::function<void()>& passed) {
  writer.submit(StoreTask{[](Store&) { return Status{}; },
                          [passed](const Status& status) {
                            if (status || status.error().code != "overloaded") passed();
                          }});
}

/// `run` and `app`: the members start in this order and stop in the reverse one.
struct AppServer {
  AppServer(const Process& process, Database& database)
      : delivery(process.config, process.options.role, database.writer, process.clock, process.log),
        api(process.config, database.writer,
            {.alone = database.alone, .captured = delivery.captured()}, process.clock, process.log),
        maintenance(process.config, api, process.log),
        listeners(process.config, {api, delivery, database.writer}, process.log),
        writer(database.writer) {}

  void add_checks(Liveness& liveness) {
    listeners.add_checks(liveness);
    delivery.add_checks(liveness);
    liveness.add([this, seen = std::uint64_t{0}](const auto& passed) mutable {
      // A writer that commits need not be asked, and may have no room for a question.
      const auto batches = writer.batches();
      if (batches != seen) {
        passed();
      } else {
        ask(writer, passed);
      }
      seen = batches;
    });
  }

  MailDelivery delivery;
  Api api;
  Maintenance maintenance;
  Listeners listeners;
  Writer& writer;
};

/// `worker`: the members start in this order and stop in the reverse one.
struct WorkerServer {
  WorkerServer(const Process& process, std::unique_ptr<MailQueue> queue)
      : sending(process.config, std::move(queue), captured, process.clock, process.log) {
    // Not by default: the app of the same host has that port.
    if (!process.config.admin_listen_given) return;
    admin.emplace(process.config, [this](Router& routes) { add_routes(routes); }, process.log);
    admin->run();
  }

  void add_checks(Liveness& liveness) const { sending.add_checks(liveness); }

  void add_routes(Router& routes) const {
    const auto connected = [this] { return sending.queue_connected(); };
    add_worker_health_routes(routes, connected);
    auto sources = sending.metrics();
    sources.push_back(mail_queue_metrics(connected));
    sources.push_back(process_metrics());
    add_metrics_route(routes, std::move(sources));
  }

  CapturedMails captured;
  MailSending sending;
  std::optional<AdminListener> admin;
};

void warn_of_settings(const Config& config, Role role, Logger& log) {
  if (plan_for(config).tight) {
    log.warn("few files may be open: clients will be turned away; raise the limit (ulimit -n)");
  }
  for (const auto& warning : config.warnings) log.warn(warning);
  if (config.secret_key_is_generated && role != Role::kRun) {
    log.warn(
        "SECRET_KEY is not set, the key in the data folder is used: app and worker need the "
        "same one");
  }
}

void say_where(const Config& config, Role role) {
  if (role == Role::kWorker) {
    std::printf("Postern's worker takes emails to %s:%d\n", config.smtp->host.c_str(),
                config.smtp->port);
  } else {
    std::printf("Postern is at %s\n", config.base_url.c_str());
  }
  if (role == Role::kRun && !config.smtp) {
    std::printf("No SMTP_HOST is set: emails are kept and shown at %s/dev/mailbox\n",
                config.base_url.c_str());
  }
  std::fflush(stdout);
}

/// Returns when `Server` has drained; `limit` then still holds for the rest of the process.
template <class Server, class Part>
void run_until_stopped(const Process& process, std::optional<DrainLimit>& limit, Part&& part) {
  Server server(process, std::forward<Part>(part));
  Liveness liveness;
  server.add_checks(liveness);
  const ServiceNotifier notifier(getenv);
  say_where(process.config, process.options.role);
  process.log.info("started", {{"base_url", process.config.base_url}});
  notifier.ready();
  serve_until([&](auto time) { return process.signals.wait_for(time); }, notifier, liveness);
  notifier.stopping();
  process.log.info("stopping: what is in flight is finished first");
  limit.emplace(limits::kDrainTimeout);
}

bool wait_for_database(const Process& process) {
  const DatabaseWait wait{
      [&] { return probe_database(process.config.database_url); },
      [&](std::chrono::milliseconds time) { return process.signals.wait_for(time); },
      [&](const std::string& line) { process.log.info(line); }};
  return wait_for_database(wait);
}

void serve_with_database(const Process& process) {
  if (!wait_for_database(process)) return;
  const Config& config = process.config;
  Database database(config, process.options.migrate_first, process.log);
  std::optional<DrainLimit> limit;
  if (process.options.role == Role::kWorker) {
    run_until_stopped<WorkerServer>(
        process, limit, make_queue(config, database.writer, process.clock, process.log));
  } else {
    run_until_stopped<AppServer>(process, limit, database);
  }
  database.writer.stop();
  process.log.info("stopped");
}

void serve_with_broker(const Process& process) {
  std::optional<DrainLimit> limit;
  run_until_stopped<WorkerServer>(process, limit,
                                  make_broker_queue(process.config, process.clock, process.log));
  process.log.info("stopped");
}

}  // namespace

int serve(const Config& config, const ServeOptions& options, Logger& log) {
  StopSignals signals;
  warn_of_settings(config, options.role, log);
  const SystemClock clock;
  const Process process{config, options, signals, clock, log};
  // A worker with a broker needs no database.
  if (options.role == Role::kWorker && !config.rabbitmq_url.empty()) {
    serve_with_broker(process);
  } else {
    serve_with_database(process);
  }
  return 0;
}

}  // namespace postern
