#include "app/config.hpp"

#include <cstdint>

#include "app/data_folder.hpp"
#include "app/setting_reader.hpp"
#include "app/smtp_config.hpp"
#include "base/limits.hpp"
#include "http/client_address.hpp"
#include "text/email.hpp"
#include "text/url.hpp"

namespace postern {
namespace {

constexpr std::size_t kSecretKeyBytes = 32;

void read_keys(const SettingReader& read, Config& config, Role role) {
  config.secret_key = Secret(read.text("SECRET_KEY"));
  if (!config.secret_key.empty() && config.secret_key.view().size() < kSecretKeyBytes) {
    throw SettingError("SECRET_KEY",
                       "is too short: at least 32 characters, such as the output of "
                       "`openssl rand -hex 32`");
  }
  config.mail_token_key_pem = read.file("MAIL_TOKEN_KEY_FILE");
  config.mail_token_public_key_pem = read.file("MAIL_TOKEN_PUBLIC_KEY_FILE");
  const bool mints = role == Role::kRun || role == Role::kWorker;
  const bool checks = role == Role::kRun || role == Role::kApp;
  const bool has_private = !config.mail_token_key_pem.empty();
  const bool has_public = !config.mail_token_public_key_pem.empty();
  if (mints && has_public && !has_private) {
    throw SettingError("MAIL_TOKEN_KEY_FILE", "is missing, but MAIL_TOKEN_PUBLIC_KEY_FILE is set");
  }
  if (checks && has_private && !has_public) {
    throw SettingError("MAIL_TOKEN_PUBLIC_KEY_FILE", "is missing, but MAIL_TOKEN_KEY_FILE is set");
  }
}

void read_product(const SettingReader& read, Config& config) {
  config.product.name = read.text("PRODUCT_NAME");
  if (read.has("PRODUCT_URL")) config.product.url = read.url("PRODUCT_URL");
  config.product.support_email = read.text("SUPPORT_EMAIL");
  if (!config.product.support_email.empty() && !parse_email(config.product.support_email)) {
    throw SettingError("SUPPORT_EMAIL", "is not an e-mail address");
  }
  config.return_urls = read.list("RETURN_URLS");
  for (const auto& url : config.return_urls) {
    // An entry that does not match itself can never match anything.
    const std::string own[] = {url};
    if (!is_allowed_return_url(url, own)) {
      throw SettingError("RETURN_URLS", "wants absolute http(s) addresses, comma-separated");
    }
  }
  config.cors_origins = read.list("CORS_ORIGINS");
  for (const auto& origin : config.cors_origins) {
    const auto url = parse_base_url(origin);
    if (!url || *url != origin || origin.find('/', origin.find("://") + 3) != std::string::npos) {
      throw SettingError("CORS_ORIGINS", "wants origins such as https://app.example.com");
    }
  }
}

void read_http(const SettingReader& read, Config& config) {
  config.listen = read.text("LISTEN");
  config.admin_listen = read.text("ADMIN_LISTEN");
  config.admin_listen_given = read.has("ADMIN_LISTEN");
  const auto listen = read.listen("LISTEN");
  static_cast<void>(read.listen("ADMIN_LISTEN"));
  config.tls_cert_file = read.file_path("TLS_CERT_FILE");
  config.tls_key_file = read.file_path("TLS_KEY_FILE");
  if (config.tls_cert_file.empty() != config.tls_key_file.empty()) {
    throw SettingError(config.tls_cert_file.empty() ? "TLS_CERT_FILE" : "TLS_KEY_FILE",
                       "is missing: certificate and key belong together");
  }
  const std::string scheme = config.tls_cert_file.empty() ? "http" : "https";
  config.base_url = read.url("BASE_URL", scheme + "://localhost:" + std::to_string(listen.port));
  config.trusted_proxies = read.list("TRUSTED_PROXIES");
  for (const auto& network : config.trusted_proxies) {
    if (!http::parse_network(network)) {
      throw SettingError("TRUSTED_PROXIES", "wants networks such as 10.0.0.0/8, comma-separated");
    }
  }
  config.request_limit_per_ip = read.rate("REQUEST_LIMIT_PER_IP");
  config.http_threads = read.number("HTTP_THREADS");
}

void read_sessions(const SettingReader& read, Config& config) {
  config.access_token_ttl = read.duration("ACCESS_TOKEN_TTL");
  config.session_ttl = read.duration("SESSION_TTL");
  config.session_idle_ttl = read.duration("SESSION_IDLE_TTL");
  if (config.session_idle_ttl <= config.access_token_ttl) {
    throw SettingError("SESSION_IDLE_TTL", "must be longer than ACCESS_TOKEN_TTL");
  }
}

/// What would leave an open door, or a letter where nobody sees it.
void check_together(const SettingReader& read, const Config& config, Role role) {
  const bool serves = role == Role::kRun || role == Role::kApp;
  if (serves && !is_loopback_host(read.listen("LISTEN").host)) {
    if (!read.has("SECRET_KEY")) {
      throw SettingError("SECRET_KEY", "is missing: without it LISTEN must stay on 127.0.0.1");
    }
    if (role == Role::kRun && !config.smtp) {
      throw SettingError("SMTP_HOST",
                         "is missing: captured mail must stay on 127.0.0.1, and "
                         "LISTEN goes beyond it");
    }
  }
  if (role == Role::kWorker && !config.smtp) {
    throw SettingError("SMTP_HOST",
                       "is missing: a worker of its own has nobody to show captured "
                       "mail to; use `postern run` for that");
  }
}

}  // namespace

Config load_config(const Settings::Values& environment, const Settings::Values& env_file,
                   Role role) {
  const Settings settings(environment, env_file);
  const SettingReader read(settings);
  Config config;
  for (const auto& name : settings.unknown_in_file()) {
    config.warnings.push_back(".env: there is no setting " + name);
  }
  config.log_level = read.choice("LOG_LEVEL", LogLevel::kInfo,
                                 {{"debug", LogLevel::kDebug},
                                  {"info", LogLevel::kInfo},
                                  {"warn", LogLevel::kWarn},
                                  {"error", LogLevel::kError},
                                  {"off", LogLevel::kOff}});
  config.log_format = read.choice("LOG_FORMAT", LogFormat::kText,
                                  {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
  read_product(read, config);
  read_http(read, config);
  read_keys(read, config, role);
  read_smtp(read, config);
  config.database_url = read.text("DATABASE_URL");
  config.rabbitmq_url = read.text("RABBITMQ_URL");
  config.token_ttl = read.duration("TOKEN_TTL");
  config.outbox_limit = static_cast<std::int64_t>(read.number("OUTBOX_LIMIT"));
  read_sessions(read, config);
  config.mail_limit_per_address = read.rates("MAIL_LIMIT_PER_ADDRESS");
  config.retention = {read.duration("AUDIT_RETENTION"), read.duration("MAIL_STATE_RETENTION")};
  config.password_min_length = read.number("PASSWORD_MIN_LENGTH");
  config.mail_threads = read.number("SMTP_CONNECTIONS");
  check_together(read, config, role);
  if (config.secret_key.empty() && role != Role::kCommand) {
    config.secret_key = stored_secret_key();
    config.secret_key_is_generated = true;
  }
  return config;
}

}  // namespace postern
