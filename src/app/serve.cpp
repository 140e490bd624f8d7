#include "app/serve.hpp"

#include <cstdio>
#include <optional>
#include <thread>

#include "account/request_resolver.hpp"
#include "account/services.hpp"
#include "account/unconfirmed_retention.hpp"
#include "app/clock_notice.hpp"
#include "app/database_use.hpp"
#include "app/database_wait.hpp"
#include "app/descriptor_plan.hpp"
#include "app/metrics_sources.hpp"
#include "app/session_side.hpp"
#include "app/stop_signals.hpp"
#include "app/wiring.hpp"
#include "base/descriptors.hpp"
#include "base/limits.hpp"
#include "http/server.hpp"
#include "mail_smtp/relay_prober.hpp"
#include "relay/delivery_recorder.hpp"
#include "relay/outbox_relay.hpp"
#include "store/outbox_depth.hpp"
#include "store/retention_job.hpp"
#include "web/admin_hosts.hpp"
#include "web/health.hpp"
#include "web/routes.hpp"
#include "worker/worker.hpp"

namespace postern {
namespace {

std::size_t core_count() { return std::max(1U, std::thread::hardware_concurrency()); }

WebSettings web_settings(const Config& config) {
  WebSettings settings;
  settings.secret_key = config.secret_key;
  settings.base_url = config.base_url;
  settings.product = config.product;
  settings.return_urls = config.return_urls;
  settings.cors_origins = config.cors_origins;
  return settings;
}

DescriptorPlan plan_for(const Config& config) {
  return plan_descriptors({.descriptors = raise_descriptor_limit(),
                           .io_threads = config.http_threads,
                           .smtp_connections = config.smtp ? config.mail_threads : 0});
}

HttpServerOptions public_options(const Config& config, const DescriptorPlan& plan) {
  HttpServerOptions options;
  options.max_connections = plan.connections;
  options.max_connections_per_client = plan.connections_per_client;
  options.listen = config.listen;
  options.threads = config.http_threads;
  options.trusted_proxies = config.trusted_proxies;
  options.forwarded_header = config.forwarded_header;
  options.limit_count = config.request_limit_per_ip.count;
  options.limit_window = config.request_limit_per_ip.window;
  options.tls_cert_file = config.tls_cert_file;
  options.tls_key_file = config.tls_key_file;
  options.cors_origins = config.cors_origins;
  return options;
}

HttpServerOptions admin_options(const Config& config, const DescriptorPlan& plan) {
  HttpServerOptions options;
  options.max_connections = options.max_connections_per_client = plan.admin_connections;
  options.listen = config.admin_listen;
  return options;
}

/// What an app has of the other parts of its process.
struct AppGuests {
  /// Emails that are captured here; nullptr: none are.
  CapturedMails* captured = nullptr;
  /// What a worker in this process tells; empty: there is none.
  std::vector<MetricsSource> worker_metrics = {};
  /// No other server uses the database.
  bool alone = false;
};

/// HTTP, accounts and, with a broker, the relay.
class AppSide {
 public:
  AppSide(const Config& config, Writer& writer, AppGuests guests, const Clock& clock, Logger& log)
      : verifier_(make_verifier(config)),
        hashing_(core_count(), limits::kHashQueue,
                 [&log](const Error& error) { log.warn("an operation failed", error); }),
        outbox_depth_(writer, config.outbox_limit),
        retention_job_(writer, clock, config.retention, log),
        accounts_{writer,
                  hashing_,
                  verifier_,
                  clock,
                  account_settings(config),
                  {},
                  [this] { return outbox_depth_.full(unresolved()); }},
        sessions_(config, writer, clock, log) {
    accounts_.sessions = &sessions_.services();
    accounts_.clock_ahead = ClockNotice(log);
    unconfirmed_retention_.emplace(accounts_, config.unconfirmed_retention, log);
    if (auto publisher = make_publisher(config, log)) {
      relay_.emplace(writer, std::move(publisher), clock, log);
    }
    if (auto source = make_outcome_source(config, clock, log)) {
      recorder_.emplace(writer, std::move(source), log);
    }
    if (auto* captured = guests.captured) {
      accounts_.mail_held = [captured, &clock](const std::string& email, MailKind kind) {
        captured->note_held({email, std::string(to_string(kind)), clock.now()});
      };
    }
    requests_.emplace(accounts_, log, RequestResolverOptions{.alone = guests.alone});
    add_routes(routes_, {accounts_, *requests_, web_settings(config), guests.captured});
    HealthParts health{writer, {}};
    if (relay_) health.broker_connected = [this] { return relay_->connected(); };
    add_health_routes(admin_routes_, std::move(health));
    add_metrics_route(admin_routes_, metrics(writer, std::move(guests.worker_metrics)));
    require_admin_host(admin_routes_, config.admin_hosts);
    // The admin listener first: who sees the public one finds it as well.
    admin_.emplace(admin_options(config, plan_for(config)), admin_routes_, log);
    server_.emplace(public_options(config, plan_for(config)), routes_, log);
    threads_[0] = std::thread([this] { server_->run(); });
    threads_[1] = std::thread([this] { admin_->run(); });
  }

  ~AppSide() {
    server_->stop();
    threads_[0].join();
    admin_->stop();
    threads_[1].join();
  }

 private:
  std::vector<MetricsSource> metrics(const Writer& writer, std::vector<MetricsSource> worker) {
    auto sources = std::move(worker);
    // A worker in this process has counted its emails itself.
    if (sources.empty() && recorder_) {
      sources.push_back(mail_metrics([this] { return recorder_->outcomes(); }));
    }
    if (relay_) sources.push_back(relay_metrics(*relay_));
    for (auto& source :
         {http_metrics(routes_),
          http_connection_metrics([this] { return server_->connection_counts(); }),
          outbox_metrics(outbox_depth_), request_metrics(*requests_, accounts_.budgets),
          hash_metrics(hashing_), writer_metrics(writer), process_metrics()}) {
      sources.push_back(source);
    }
    return sources;
  }

  std::int64_t unresolved() const {
    return requests_ ? static_cast<std::int64_t>(requests_->unresolved()) : 0;
  }

  MailTokenVerifier verifier_;
  HashPool hashing_;
  OutboxDepth outbox_depth_;
  RetentionJob retention_job_;
  AccountServices accounts_;
  SessionSide sessions_;
  std::optional<UnconfirmedRetention> unconfirmed_retention_;
  std::optional<OutboxRelay> relay_;
  std::optional<DeliveryRecorder> recorder_;
  std::optional<RequestResolver> requests_;
  Router routes_;
  Router admin_routes_;
  std::optional<HttpServer> server_;
  std::optional<HttpServer> admin_;
  std::thread threads_[2];
};

/// The mail loop with what it writes emails with.
class WorkerSide {
 public:
  WorkerSide(const Config& config, Writer* writer, CapturedMails& captured, const Clock& clock,
             Logger& log)
      : signer_(make_signer(config)),
        composer_(make_composer(config)),
        builder_(config.base_url, config.token_ttl, signer_, composer_),
        relays_(make_relays(config, log)),
        worker_({builder_, clock, log, make_queue(config, writer, clock, log),
                 make_mailers(config, relays_.get(), captured),
                 relays_ ? config.mail_threads : 0}) {
    if (relays_) prober_.emplace(*relays_);
  }

  std::vector<MetricsSource> metrics() {
    std::vector<MetricsSource> sources{mail_metrics([this] { return worker_.outcomes(); })};
    if (relays_) sources.push_back(mail_relay_metrics(*relays_));
    return sources;
  }
  bool queue_connected() const { return worker_.queue_connected(); }

 private:
  MailTokenSigner signer_;
  Composer composer_;
  MessageBuilder builder_;
  std::unique_ptr<RelayPool> relays_;
  std::optional<RelayProber> prober_;
  Worker worker_;
};

/// The admin listener of a worker of its own.
class WorkerAdmin {
 public:
  WorkerAdmin(const Config& config, WorkerSide& worker, Logger& log) {
    const auto connected = [&worker] { return worker.queue_connected(); };
    add_worker_health_routes(routes_, connected);
    auto sources = worker.metrics();
    sources.push_back(mail_queue_metrics(connected));
    sources.push_back(process_metrics());
    add_metrics_route(routes_, std::move(sources));
    require_admin_host(routes_, config.admin_hosts);
    server_.emplace(admin_options(config, plan_for(config)), routes_, log);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~WorkerAdmin() {
    server_->stop();
    thread_.join();
  }

 private:
  Router routes_;
  std::optional<HttpServer> server_;
  std::thread thread_;
};

/// No other process uses the database, so rows that are still leased were in flight in a process
/// that ended.
void take_over(Writer& writer, Logger& log) {
  const auto status = writer.run([](Store& store) { return store.end_leases(); });
  if (!status) log.warn("leases of an earlier process could not be ended", status.error());
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

}  // namespace

int serve(const Config& config, const ServeOptions& options, Logger& log) {
  StopSignals signals;
  if (plan_for(config).tight) {
    log.warn("few files may be open: clients will be turned away; raise the limit (ulimit -n)");
  }
  for (const auto& warning : config.warnings) log.warn(warning);
  if (config.secret_key_is_generated && options.role != Role::kRun) {
    log.warn(
        "SECRET_KEY is not set, the key in the data folder is used: app and worker need the "
        "same one");
  }
  const SystemClock clock;
  CapturedMails captured;
  std::optional<DatabaseUse> use;
  std::optional<Writer> writer;
  bool alone = false;
  std::optional<WorkerSide> worker;
  std::optional<WorkerAdmin> worker_admin;
  std::optional<AppSide> app;
  if (options.role != Role::kWorker || config.rabbitmq_url.empty()) {
    const DatabaseWait wait{[&] { return probe_database(config.database_url); },
                            [&](std::chrono::milliseconds time) { return signals.wait_for(time); },
                            [&](const std::string& line) { log.info(line); }};
    if (!wait_for_database(wait)) return 0;
    auto store = make_store(config, options.migrate_first);
    use.emplace(config.database_url);
    writer.emplace(std::move(store), log);
    alone = use->alone();
    if (alone) take_over(*writer, log);
    use->share();
  }
  if (options.role != Role::kApp) {
    worker.emplace(config, writer ? &*writer : nullptr, captured, clock, log);
  }
  if (options.role != Role::kWorker) {
    AppGuests guests;
    if (options.role == Role::kRun && !config.smtp) guests.captured = &captured;
    if (worker) guests.worker_metrics = worker->metrics();
    guests.alone = alone;
    app.emplace(config, *writer, std::move(guests), clock, log);
  } else if (config.admin_listen_given) {
    // Not by default: the app of the same host has that port.
    worker_admin.emplace(config, *worker, log);
  }
  say_where(config, options.role);
  log.info("started", {{"base_url", config.base_url}});

  signals.wait();
  log.info("stopping: what is in flight is finished first");
  const DrainLimit limit(limits::kDrainTimeout);
  app.reset();
  worker_admin.reset();
  worker.reset();
  if (writer) writer->stop();
  log.info("stopped");
  return 0;
}

}  // namespace postern
