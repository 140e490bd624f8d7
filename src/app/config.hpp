// The configuration: every setting with its type, its default and its check.
//
// Thread contract: plain data after loading.
// Loading reads the environment and files; it opens no connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "account/mail_budgets.hpp"
#include "app/dotenv.hpp"
#include "app/settings.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "crypto/secret.hpp"
#include "http/client_address.hpp"
#include "mail/composer.hpp"
#include "mail/mime.hpp"
#include "mail_smtp/smtp_options.hpp"
#include "store/retention_store.hpp"
#include "text/units.hpp"

namespace postern {

/// Which of its parts a command uses, and so which settings it must be able to rely on.
enum class Role { kRun, kApp, kWorker, kCommand };

struct Config {
  Secret secret_key;
  bool secret_key_is_generated = false;
  std::string base_url;
  std::string listen;
  std::string admin_listen;
  /// Whether ADMIN_LISTEN is set: a worker of its own listens only then.
  bool admin_listen_given = false;
  /// Names that the admin listener answers to, besides addresses and loopback names.
  std::vector<std::string> admin_hosts;
  std::string database_url;
  /// Empty: the outbox table is the queue.
  std::string rabbitmq_url;
  /// Why `postern run` does not start without SMTP_HOST; empty: it does, or the setting is there.
  std::string captured_mail_fault = {};
  /// Nothing: mail is captured.
  std::optional<SmtpOptions> smtp;
  /// Further relays, in order of preference.
  std::vector<SmtpOptions> smtp_relays;
  Sender mail_from;
  std::string mail_templates;
  std::string mail_token_key_pem;
  std::string mail_token_public_key_pem;
  Duration token_ttl{};
  Duration access_token_ttl{};
  Duration session_ttl{};
  Duration session_idle_ttl{};
  Retention retention;
  Duration unconfirmed_retention{};
  std::vector<std::string> trusted_proxies;
  ForwardedHeader forwarded_header = ForwardedHeader::kXForwardedFor;
  std::vector<Rate> mail_limit_per_address;
  MailRates mail_rates;
  std::vector<Rate> login_limit_per_client;
  std::int64_t outbox_limit = 0;
  Rate request_limit_per_ip;
  std::size_t password_min_length = 0;
  /// Empty: none but the list that is compiled in.
  std::string breached_passwords_file;
  Product product;
  std::vector<std::string> return_urls;
  std::vector<std::string> cors_origins;
  std::size_t http_threads = 1;
  std::size_t mail_threads = 1;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::string tls_cert_file;
  std::string tls_key_file;
  /// Warnings for the operator at the start; no secrets.
  std::vector<std::string> warnings;
};

/// Where the embedded defaults keep their database and key.
inline constexpr const char* kDataFolder = "data";

/// Throws SettingError with one line that names the variable.
Config load_config(const Settings::Values& environment, const EnvFile& env_file, Role role);

}  // namespace postern
