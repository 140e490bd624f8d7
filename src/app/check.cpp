#include "app/check.hpp"

#include <cstdio>

#include "app/wiring.hpp"
#include "mail_smtp/smtp_mailer.hpp"
#include "store_sql/database_probe.hpp"
#include "store_sql/migrate.hpp"

namespace postern {
namespace {

bool report(const char* part, const std::string& trouble, const std::string& fine) {
  if (trouble.empty()) {
    std::printf("ok    %-9s %s\n", part, fine.c_str());
  } else {
    std::printf("FAIL  %-9s %s\n", part, trouble.c_str());
  }
  return trouble.empty();
}

bool check_keys(const Config& config) {
  try {
    if (!config.mail_token_key_pem.empty()) (void)make_signer(config);
    if (!config.mail_token_public_key_pem.empty()) (void)make_verifier(config);
  } catch (const StartError& error) {
    return report("keys", error.what(), {});
  }
  const bool has_key = !config.secret_key.empty();
  return report("keys", {}, has_key ? "SECRET_KEY is set" : "the key in the data folder is used");
}

bool check_passwords(const Config& config) {
  try {
    const auto breached = open_breached_passwords(config);
    if (!breached) return true;
    return report("passwords", {}, std::to_string(breached->size()) + " breached ones are refused");
  } catch (const StartError& error) {
    return report("passwords", error.what(), {});
  }
}

bool check_database(const Config& config) {
  const auto state = schema_state(config.database_url);
  if (!state) return report("database", state.error().cause, {});
  if (*state == SchemaState::kMissing) {
    // A new system before its first `migrate`: everything else of it can be checked all the same.
    std::printf("note  %-9s the schema is missing: run `postern migrate`\n", "database");
    return true;
  }
  const auto* fine = probe_database(config.database_url).pooled
                         ? "answers through a connection pooler, and the schema is current"
                         : "answers, and the schema is current";
  const auto* old = "the schema is older than this program: run `postern migrate`";
  return report("database", *state == SchemaState::kCurrent ? "" : old, fine);
}

bool check_broker(const Config& config, Logger& log) {
  if (config.rabbitmq_url.empty()) {
    return report("broker", {}, "RABBITMQ_URL is not set: the outbox table is the queue");
  }
  try {
    const auto status = make_publisher(config, log)->connect();
    return report("broker", status ? "" : status.error().cause, "answers, queues are declared");
  } catch (const StartError& error) {
    return report("broker", error.what(), {});
  }
}

bool check_relay(const SmtpOptions& relay) {
  const auto where = relay.host + ":" + std::to_string(relay.port);
  const auto status = probe_relay(relay);
  return report("mail", status ? "" : where + ": " + status.error().cause,
                where + " answers" + (relay.user.empty() ? "" : ", and the login is right"));
}

bool check_mail(const Config& config) {
  if (!config.captured_mail_fault.empty()) {
    // An app whose workers run elsewhere needs no mail server.
    std::printf("warn  %-9s `postern run` would not start: SMTP_HOST %s\n", "mail",
                config.captured_mail_fault.c_str());
    return true;
  }
  if (!config.smtp) return report("mail", {}, "SMTP_HOST is not set: emails are captured");
  bool fine = check_relay(*config.smtp);
  for (const auto& relay : config.smtp_relays) fine = check_relay(relay) && fine;
  return fine;
}

}  // namespace

bool check(const Config& config) {
  Logger log(LogLevel::kOff, config.log_format);
  for (const auto& warning : config.warnings)
    std::printf("warn  %-9s %s\n", "settings", warning.c_str());
  bool fine = check_keys(config);
  fine = check_passwords(config) && fine;
  fine = check_database(config) && fine;
  fine = check_broker(config, log) && fine;
  fine = check_mail(config) && fine;
  return fine;
}

}  // namespace postern
