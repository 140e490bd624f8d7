#include "app/serve.hpp"

#include <cstdio>
#include <optional>
#include <thread>

#include "account/services.hpp"
#include "app/database_use.hpp"
#include "app/parts.hpp"
#include "app/stop_signals.hpp"
#include "base/limits.hpp"
#include "http/server.hpp"
#include "relay/delivery_recorder.hpp"
#include "relay/relay.hpp"
#include "store/outbox_gauge.hpp"
#include "web/health.hpp"
#include "web/routes.hpp"
#include "worker/worker.hpp"

namespace postern {
namespace {

std::size_t core_count() { return std::max(1U, std::thread::hardware_concurrency()); }

web::WebSettings web_settings(const Config& config) {
  web::WebSettings settings;
  settings.base_url = config.base_url;
  settings.product = config.product;
  settings.return_urls = config.return_urls;
  settings.cors_origins = config.cors_origins;
  return settings;
}

http::ServerOptions public_options(const Config& config) {
  http::ServerOptions options;
  options.listen = config.listen;
  options.threads = config.http_threads;
  options.trusted_proxies = config.trusted_proxies;
  options.limit_count = config.request_limit_per_ip.count;
  options.limit_window = config.request_limit_per_ip.window;
  options.tls_cert_file = config.tls_cert_file;
  options.tls_key_file = config.tls_key_file;
  options.cors_origins = config.cors_origins;
  return options;
}

http::ServerOptions admin_options(const Config& config) {
  http::ServerOptions options;
  options.listen = config.admin_listen;
  return options;
}

/// HTTP, accounts and, with a broker, the relay.
class AppSide {
 public:
  AppSide(const Config& config, Writer& writer, CapturedMails* captured, const Clock& clock,
          Logger& log)
      : verifier_(make_verifier(config)),
        hashing_(core_count(), limits::kHashQueue),
        outbox_gauge_(writer, config.outbox_limit),
        accounts_{writer, hashing_, verifier_, clock, account_settings(config), {}, [this] {
                    return outbox_gauge_.full();
                  }} {
    if (auto publisher = make_publisher(config, log)) {
      relay_.emplace(writer, std::move(publisher), clock, log);
    }
    if (auto events = make_event_source(config, log)) {
      recorder_.emplace(writer, std::move(events), log);
    }
    if (captured) {
      accounts_.mail_held = [captured, &clock](const std::string& email, MailKind kind) {
        captured->note_held({email, std::string(to_string(kind)), clock.now()});
      };
    }
    web::add_routes(routes_, {accounts_, web_settings(config), captured});
    web::HealthParts health{writer, {}};
    if (relay_) health.broker_connected = [this] { return relay_->connected(); };
    web::add_health_routes(admin_routes_, std::move(health));
    server_.emplace(public_options(config), routes_, log);
    admin_.emplace(admin_options(config), admin_routes_, log);
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
  MailTokenVerifier verifier_;
  HashPool hashing_;
  OutboxGauge outbox_gauge_;
  AccountServices accounts_;
  std::optional<Relay> relay_;
  std::optional<DeliveryRecorder> recorder_;
  http::Router routes_;
  http::Router admin_routes_;
  std::optional<http::Server> server_;
  std::optional<http::Server> admin_;
  std::thread threads_[2];
};

/// The mail loop with what it writes letters with.
class WorkerSide {
 public:
  WorkerSide(const Config& config, Writer* writer, CapturedMails& captured, const Clock& clock,
             Logger& log)
      : signer_(make_signer(config)),
        composer_(make_composer(config)),
        letters_({config.base_url, config.token_ttl}, signer_, composer_),
        relays_(make_relays(config, log)),
        worker_({letters_, clock, log, make_queue(config, writer, clock, log),
                 make_mailers(config, relays_.get(), captured)}) {}

 private:
  MailTokenSigner signer_;
  Composer composer_;
  LetterWriter letters_;
  std::unique_ptr<RelayPool> relays_;
  Worker worker_;
};

/// Nobody else is there, so rows that are still leased were in the hands of a process that ended.
void take_over(Writer& writer, Logger& log) {
  const auto status = writer.run([](Store& store) { return store.end_leases(); });
  if (!status) log.warn("leases of an earlier process could not be ended", status.error());
}

void say_where(const Config& config, Role role) {
  if (role == Role::kWorker) {
    std::printf("Postern's worker takes letters to %s:%d\n", config.smtp->host.c_str(),
                config.smtp->port);
  } else {
    std::printf("Postern is at %s\n", config.base_url.c_str());
  }
  if (role == Role::kRun && !config.smtp) {
    std::printf("No SMTP_HOST is set: letters are kept and shown at %s/dev/mailbox\n",
                config.base_url.c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int serve(const Config& config, const ServeOptions& options, Logger& log) {
  StopSignals signals;
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
  std::optional<WorkerSide> worker;
  std::optional<AppSide> app;
  if (options.role != Role::kWorker || config.rabbitmq_url.empty()) {
    auto store = make_store(config, options.migrate_first);
    use.emplace(config.database_url);
    writer.emplace(std::move(store), log);
    if (use->alone()) take_over(*writer, log);
    use->share();
  }
  if (options.role != Role::kApp) {
    worker.emplace(config, writer ? &*writer : nullptr, captured, clock, log);
  }
  if (options.role != Role::kWorker) {
    const bool shows_mail = options.role == Role::kRun && !config.smtp;
    app.emplace(config, *writer, shows_mail ? &captured : nullptr, clock, log);
  }
  say_where(config, options.role);
  log.info("started", {{"base_url", config.base_url}});

  signals.wait();
  log.info("stopping: what is in flight is finished first");
  const DrainLimit limit(limits::kDrainTimeout);
  app.reset();
  worker.reset();
  if (writer) writer->stop();
  log.info("stopped");
  return 0;
}

}  // namespace postern
