#include "app/wiring.hpp"

#include "app/data_folder.hpp"
#include "mail_smtp/smtp_mailer.hpp"
#include "queue_outbox/outbox_queue.hpp"
#include "queue_rabbit/rabbit_depth.hpp"
#include "queue_rabbit/rabbit_outcomes.hpp"
#include "queue_rabbit/rabbit_publisher.hpp"
#include "queue_rabbit/rabbit_queue.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/open_store.hpp"

namespace postern {
namespace {

[[noreturn]] void fail(const char* what, const Error& error) {
  throw StartError(std::string(what) + ": " + error.cause);
}

template <class T>
T or_fail(const char* what, Result<T> result) {
  if (!result) fail(what, result.error());
  return *std::move(result);
}

RabbitOptions rabbit_options(const Config& config) {
  return or_fail("RABBITMQ_URL", parse_rabbit_url(config.rabbitmq_url));
}

/// In order of preference; SMTP_HOST is set.
std::vector<SmtpOptions> all_relays(const Config& config) {
  std::vector<SmtpOptions> relays{*config.smtp};
  relays.insert(relays.end(), config.smtp_relays.begin(), config.smtp_relays.end());
  return relays;
}

}  // namespace

std::unique_ptr<Store> make_store(const Config& config, bool migrate_first) {
  prepare_data_folder(config.database_url);
  if (migrate_first || is_new_sqlite_file(config.database_url)) {
    or_fail("DATABASE_URL", migrate(config.database_url));
  } else if (!or_fail("DATABASE_URL", schema_is_current(config.database_url))) {
    throw StartError("DATABASE_URL: the schema is older than this program; run `postern migrate`");
  }
  return or_fail("DATABASE_URL", open_store(config.database_url));
}

std::string missing_database(const Config& config) {
  if (!is_new_sqlite_file(config.database_url)) return {};
  if (config.database_url == default_database_url()) {
    return "there is no system here: the folder has no data/postern.db, and DATABASE_URL names no "
           "other database; run the command in the system's folder or give its settings with "
           "--env-file (`postern migrate` creates a database)";
  }
  return "DATABASE_URL: there is no such file; `postern migrate` creates one";
}

AccountSettings account_settings(const Config& config) {
  return {config.mail_limit_per_address, config.password_min_length, config.product.name,
          !config.rabbitmq_url.empty(),  config.mail_rates,          config.token_ttl};
}

std::optional<BreachedPasswords> open_breached_passwords(const Config& config) {
  if (config.breached_passwords_file.empty()) return std::nullopt;
  auto opened = BreachedPasswords::open(config.breached_passwords_file);
  if (!opened) {
    throw StartError("BREACHED_PASSWORDS_FILE: " + config.breached_passwords_file + " " +
                     opened.error().cause);
  }
  return *std::move(opened);
}

MailTokenSigner make_signer(const Config& config) {
  if (config.mail_token_key_pem.empty()) {
    return MailTokenSigner::hs256(config.secret_key, config.base_url);
  }
  return or_fail("MAIL_TOKEN_KEY_FILE",
                 MailTokenSigner::es256(config.mail_token_key_pem, config.base_url));
}

MailTokenVerifier make_verifier(const Config& config) {
  if (config.mail_token_public_key_pem.empty()) {
    return MailTokenVerifier::hs256(config.secret_key, config.base_url);
  }
  return or_fail("MAIL_TOKEN_PUBLIC_KEY_FILE",
                 MailTokenVerifier::es256(config.mail_token_public_key_pem, config.base_url));
}

Composer make_composer(const Config& config) {
  try {
    return Composer(config.product, config.mail_templates);
  } catch (const std::runtime_error& error) {
    throw StartError(std::string("MAIL_TEMPLATES: ") + error.what());
  }
}

std::unique_ptr<JobPublisher> make_publisher(const Config& config, Logger& log) {
  if (config.rabbitmq_url.empty()) return nullptr;
  return std::make_unique<RabbitPublisher>(rabbit_options(config), log);
}

std::unique_ptr<OutcomeSource> make_outcome_source(const Config& config, const Clock& clock,
                                                   Logger& log) {
  if (config.rabbitmq_url.empty()) return nullptr;
  return std::make_unique<RabbitOutcomes>(rabbit_options(config), clock, log);
}

QueueDepth::Count make_queue_count(const Config& config) {
  const auto depth = std::make_shared<RabbitDepth>(rabbit_options(config));
  return [depth] { return depth->count(); };
}

std::unique_ptr<RelayPool> make_relays(const Config& config, Logger& log) {
  if (!config.smtp) return nullptr;
  return std::make_unique<RelayPool>(all_relays(config), log);
}

MailSetup make_mail_setup(const Config& config) {
  MailSetup setup;
  if (!config.rabbitmq_url.empty()) setup.broker = rabbit_options(config);
  setup.missing_database = missing_database(config);
  if (setup.missing_database.empty()) setup.database_url = config.database_url;
  setup.base_url = config.base_url;
  setup.token_ttl = config.token_ttl;
  setup.product = config.product;
  setup.mail_templates = config.mail_templates;
  if (config.smtp) setup.relays = all_relays(config);
  return setup;
}

std::unique_ptr<MailQueue> make_queue(const Config& config, Writer& writer, const Clock& clock,
                                      Logger& log) {
  if (config.rabbitmq_url.empty()) return std::make_unique<OutboxQueue>(writer, clock);
  return make_broker_queue(config, clock, log);
}

std::unique_ptr<MailQueue> make_broker_queue(const Config& config, const Clock& clock,
                                             Logger& log) {
  return std::make_unique<RabbitQueue>(RabbitQueueOptions{rabbit_options(config)}, clock, log);
}

std::vector<std::unique_ptr<Mailer>> make_mailers(const Config& config, RelayPool* relays,
                                                  CapturedMails& captured) {
  std::vector<std::unique_ptr<Mailer>> mailers;
  if (relays == nullptr) {
    mailers.push_back(std::make_unique<CaptureMailer>(captured));
    return mailers;
  }
  for (std::size_t i = 0; i < config.mail_threads + limits::kFurtherSenders; ++i) {
    mailers.push_back(std::make_unique<SmtpMailer>(*relays));
  }
  return mailers;
}

}  // namespace postern
