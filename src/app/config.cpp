#include "app/config.hpp"

#include <algorithm>
#include <cstdint>

#include "app/data_folder.hpp"
#include "app/setting_reader.hpp"
#include "app/smtp_config.hpp"
#include "base/config_limits.hpp"
#include "http/client_address.hpp"
#include "http/loopback.hpp"
#include "queue_rabbit/rabbit_options.hpp"
#include "store_sql/database_url.hpp"
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
    SettingReader::refuse("SUPPORT_EMAIL", "is not an email address");
  }
  config.return_urls = read.list("RETURN_URLS");
  for (const auto& url : config.return_urls) {
    // An entry that does not match itself can never match anything.
    const std::string own[] = {url};
    if (!is_allowed_return_url(url, own)) {
      SettingReader::refuse("RETURN_URLS", "wants absolute http(s) addresses, comma-separated");
    }
  }
  config.cors_origins = read.list("CORS_ORIGINS");
  for (const auto& origin : config.cors_origins) {
    if (!is_origin(origin)) {
      throw SettingError("CORS_ORIGINS",
                         "wants origins as browsers send them, such as https://app.example.com or "
                         "capacitor://localhost");
    }
  }
}

void read_http(const SettingReader& read, Config& config) {
  config.listen = read.text("LISTEN");
  config.admin_listen = read.text("ADMIN_LISTEN");
  config.admin_listen_given = read.has("ADMIN_LISTEN");
  const auto listen = read.listen("LISTEN");
  const auto admin = read.listen("ADMIN_LISTEN");
  config.tls_cert_file = read.file_path("TLS_CERT_FILE");
  config.tls_key_file = read.file_path("TLS_KEY_FILE");
  if (config.tls_cert_file.empty() != config.tls_key_file.empty()) {
    throw SettingError(config.tls_cert_file.empty() ? "TLS_CERT_FILE" : "TLS_KEY_FILE",
                       "is missing: certificate and key belong together");
  }
  const std::string scheme = config.tls_cert_file.empty() ? "http" : "https";
  config.base_url = read.origin("BASE_URL", scheme + "://localhost:" + std::to_string(listen.port));
  config.forwarded_header = read.choice("FORWARDED_HEADER", ForwardedHeader::kXForwardedFor,
                                        {{"x-forwarded-for", ForwardedHeader::kXForwardedFor},
                                         {"forwarded", ForwardedHeader::kForwarded}});
  config.trusted_proxies = read.list("TRUSTED_PROXIES");
  for (const auto& network : config.trusted_proxies) {
    if (!parse_network(network)) {
      SettingReader::refuse("TRUSTED_PROXIES", "must be comma-separated networks");
    }
  }
  config.admin_hosts = read.list("ADMIN_HOSTS");
  config.admin_hosts.push_back(admin.host);
  config.admin_hosts.emplace_back(host_of_url(config.base_url));
  config.request_limit_per_ip = read.rate("REQUEST_LIMIT_PER_IP");
  config.http_threads = read.number("HTTP_THREADS");
}

void read_sessions(const SettingReader& read, Config& config) {
  config.access_token_ttl = read.duration("ACCESS_TOKEN_TTL");
  config.session_ttl = read.duration("SESSION_TTL");
  config.session_idle_ttl = read.duration("SESSION_IDLE_TTL");
  // The default gives way to a shorter SESSION_TTL.
  if (read.has("SESSION_IDLE_TTL") && config.session_idle_ttl > config.session_ttl) {
    throw SettingError("SESSION_IDLE_TTL", "must not be longer than SESSION_TTL (" +
                                               read.text("SESSION_TTL") + "), such as " +
                                               read.text("SESSION_TTL"));
  }
  if (config.session_idle_ttl <= config.access_token_ttl) {
    SettingReader::refuse("SESSION_IDLE_TTL", "must be longer than ACCESS_TOKEN_TTL");
  }
}

/// @ belongs before the host; behind it, it is a part of a password that was not percent-encoded.
void check_user_info(std::string_view name, std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return;
  const auto path = url.find('/', scheme + 3);
  const auto query = url.find('?');
  if (path != std::string_view::npos && url.substr(0, query).find('@', path) != url.npos) {
    SettingReader::refuse(name, "has an @ behind the host: percent-encode user and password");
  }
}

void read_broker(const SettingReader& read, Config& config) {
  config.rabbitmq_url = read.text("RABBITMQ_URL");
  if (config.rabbitmq_url.empty()) return;
  check_user_info("RABBITMQ_URL", config.rabbitmq_url);
  const auto options = parse_rabbit_url(config.rabbitmq_url);
  if (!options) SettingReader::refuse("RABBITMQ_URL", options.error().cause);
  std::string unused;
  for (const auto& name : options->unused_parameters) unused += (unused.empty() ? "" : ", ") + name;
  if (unused.empty()) return;
  config.warnings.push_back("RABBITMQ_URL: these parameters have no effect: " + unused);
}

void read_servers(const SettingReader& read, Config& config) {
  config.database_url = read.text("DATABASE_URL");
  check_user_info("DATABASE_URL", config.database_url);
  if (const auto usable = check_database_url(config.database_url); !usable) {
    SettingReader::refuse("DATABASE_URL", usable.error().cause);
  }
  read_broker(read, config);
}

/// Captured mail is for the person who tries the program on this machine: its links open accounts.
std::string captured_mail_fault(const SettingReader& read, const Config& config) {
  const auto fault = [](const std::string& why) {
    return "is missing: captured mail is shown on this machine only, but " + why +
           "; set SMTP_HOST, such as smtp.example.com";
  };
  if (config.smtp) return {};
  if (!is_loopback_host(read.listen("LISTEN").host)) return fault("LISTEN goes beyond it");
  if (!is_loopback_host(host_of_url(config.base_url))) {
    return fault("BASE_URL is not on localhost");
  }
  if (!config.trusted_proxies.empty()) return fault("TRUSTED_PROXIES names a proxy");
  return {};
}

/// Refuses combinations that leave the app open to others, or emails unseen.
void check_together(const SettingReader& read, Config& config, Role role) {
  const bool serves = role == Role::kRun || role == Role::kApp;
  if (serves && !is_loopback_host(read.listen("LISTEN").host) && !read.has("SECRET_KEY")) {
    throw SettingError("SECRET_KEY", "is missing: without it LISTEN must stay on 127.0.0.1");
  }
  config.captured_mail_fault = captured_mail_fault(read, config);
  if (role == Role::kRun && !config.captured_mail_fault.empty()) {
    throw SettingError("SMTP_HOST", config.captured_mail_fault);
  }
  if (role == Role::kWorker && !config.smtp) {
    throw SettingError("SMTP_HOST",
                       "is missing: a worker of its own cannot show captured mail; use "
                       "`postern run` for that, or set SMTP_HOST, such as smtp.example.com");
  }
  if (!is_loopback_host(read.listen("ADMIN_LISTEN").host)) {
    config.warnings.push_back(
        "ADMIN_LISTEN: health and metrics are open to every client that "
        "reaches " +
        config.admin_listen);
  }
}

/// "a, b, c and 4 more"
std::string shortened(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), limits::kNamesInWarning); ++i) {
    text.append(i == 0 ? "" : ", ").append(names[i]);
  }
  if (names.size() <= limits::kNamesInWarning) return text;
  return text + " and " + std::to_string(names.size() - limits::kNamesInWarning) + " more";
}

void note_ignored(const Settings& settings, const EnvFile& env_file, Config& config) {
  std::vector<std::string> ignored = settings.unknown_in_file();
  for (const int line : env_file.skipped_lines) ignored.push_back("line " + std::to_string(line));
  if (!ignored.empty()) {
    config.warnings.push_back(env_file.name +
                              ": not used, no settings of this program: " + shortened(ignored));
  }
  for (const auto& name : settings.doubtful()) {
    config.warnings.push_back(name +
                              ": ignored as a variable of the platform; the address to "
                              "listen on is LISTEN");
  }
}

/// Emails, and wrong passwords, an hour, by default: as many per client network as
/// REQUEST_LIMIT_PER_IP lets through in ten seconds, so that raising that one raises this one.
Rate client_rate(const Rate& requests) {
  constexpr std::uint64_t kLowest = 200;
  const auto in_ten_seconds =
      static_cast<double>(requests.count) * 10'000 / static_cast<double>(requests.window.count());
  const auto count = std::min(in_ten_seconds, static_cast<double>(limits::kRateCount));
  return {std::max(kLowest, static_cast<std::uint64_t>(count)), std::chrono::hours(1)};
}

void read_limits(const SettingReader& read, Config& config) {
  constexpr std::uint64_t kMailboxAddresses = 2;
  constexpr std::uint64_t kDomainClients = 50;
  config.mail_limit_per_address = read.rates("MAIL_LIMIT_PER_ADDRESS");
  auto& rates = config.mail_rates;
  rates.recipient = config.mail_limit_per_address;
  rates.mailbox = config.mail_limit_per_address;
  for (auto& rate : rates.mailbox) rate.count *= kMailboxAddresses;
  rates.client = {client_rate(config.request_limit_per_ip)};
  config.login_limit_per_client = rates.client;
  if (read.has("LOGIN_LIMIT_PER_CLIENT")) {
    config.login_limit_per_client = read.rates("LOGIN_LIMIT_PER_CLIENT");
  }
  rates.domain = rates.client;
  for (auto& rate : rates.domain) rate.count *= kDomainClients;
  if (read.has("MAIL_LIMIT_PER_MAILBOX")) rates.mailbox = read.rates("MAIL_LIMIT_PER_MAILBOX");
  if (read.has("MAIL_LIMIT_PER_CLIENT")) rates.client = read.rates("MAIL_LIMIT_PER_CLIENT");
  if (read.has("MAIL_LIMIT_PER_DOMAIN")) rates.domain = read.rates("MAIL_LIMIT_PER_DOMAIN");
  if (read.has("MAIL_LIMIT_TOTAL")) rates.total = read.rates("MAIL_LIMIT_TOTAL");
}

}  // namespace

Config load_config(const Settings::Values& environment, const EnvFile& env_file, Role role) {
  const Settings settings(environment, env_file.values);
  const SettingReader read(settings);
  Config config;
  note_ignored(settings, env_file, config);
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
  read_servers(read, config);
  config.token_ttl = read.duration("TOKEN_TTL");
  config.outbox_limit = static_cast<std::int64_t>(read.number("OUTBOX_LIMIT"));
  read_sessions(read, config);
  read_limits(read, config);
  config.retention = {read.duration("AUDIT_RETENTION"), read.duration("MAIL_STATE_RETENTION")};
  config.unconfirmed_retention = read.duration("UNCONFIRMED_RETENTION");
  config.password_min_length = read.number("PASSWORD_MIN_LENGTH");
  config.breached_passwords_file = read.file_path("BREACHED_PASSWORDS_FILE");
  config.mail_threads = read.number("SMTP_CONNECTIONS");
  check_together(read, config, role);
  if (config.secret_key.empty() && role != Role::kCommand) {
    config.secret_key = stored_secret_key();
    config.secret_key_is_generated = true;
  }
  return config;
}

}  // namespace postern
