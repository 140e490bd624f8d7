#include "app/config.hpp"

#include <charconv>
#include <cstdint>
#include <set>

#include "app/data_folder.hpp"
#include "base/limits.hpp"
#include "http/client_address.hpp"
#include "mail_smtp/relay_list.hpp"
#include "text/email.hpp"
#include "text/url.hpp"

namespace postern {
namespace {

constexpr std::size_t kSecretKeyBytes = 32;
constexpr std::uint16_t kImplicitTlsPort = 465;

const std::set<std::string>& known_names() {
  static const std::set<std::string> names{"SECRET_KEY",
                                           "BASE_URL",
                                           "LISTEN",
                                           "ADMIN_LISTEN",
                                           "DATABASE_URL",
                                           "RABBITMQ_URL",
                                           "SMTP_HOST",
                                           "SMTP_PORT",
                                           "SMTP_USER",
                                           "SMTP_PASSWORD",
                                           "SMTP_TLS",
                                           "SMTP_CA_FILE",
                                           "SMTP_RELAYS",
                                           "SMTP_CONNECTIONS",
                                           "MAIL_FROM",
                                           "MAIL_TEMPLATES",
                                           "MAIL_TOKEN_KEY_FILE",
                                           "MAIL_TOKEN_PUBLIC_KEY_FILE",
                                           "TOKEN_TTL",
                                           "ACCESS_TOKEN_TTL",
                                           "SESSION_TTL",
                                           "SESSION_IDLE_TTL",
                                           "TRUSTED_PROXIES",
                                           "MAIL_LIMIT_PER_ADDRESS",
                                           "REQUEST_LIMIT_PER_IP",
                                           "OUTBOX_LIMIT",
                                           "AUDIT_RETENTION",
                                           "MAIL_STATE_RETENTION",
                                           "PASSWORD_MIN_LENGTH",
                                           "PRODUCT_NAME",
                                           "PRODUCT_URL",
                                           "SUPPORT_EMAIL",
                                           "RETURN_URLS",
                                           "CORS_ORIGINS",
                                           "HTTP_THREADS",
                                           "LOG_LEVEL",
                                           "LOG_FORMAT",
                                           "TLS_CERT_FILE",
                                           "TLS_KEY_FILE"};
  return names;
}

const std::set<std::string>& secret_names() {
  static const std::set<std::string> names{"SECRET_KEY", "DATABASE_URL", "RABBITMQ_URL",
                                           "SMTP_PASSWORD", "SMTP_RELAYS"};
  return names;
}

/// Reads one configuration; every member throws SettingError with the name it is about.
class Reader {
 public:
  explicit Reader(const Settings& settings) : settings_(settings) {}

  std::string text(std::string_view name, std::string_view fallback = {}) const {
    auto value = settings_.get(name).value_or(std::string(fallback));
    for (const char c : value) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        throw SettingError(name, "has a line break or another control character");
      }
    }
    return value;
  }

  std::uint64_t number(std::string_view name, std::uint64_t fallback, std::uint64_t lowest,
                       std::uint64_t highest) const {
    const auto value = settings_.get(name);
    if (!value) return fallback;
    std::uint64_t number = 0;
    const auto* end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stop != end || number < lowest || number > highest) {
      throw SettingError(name, "wants a whole number from " + std::to_string(lowest) + " to " +
                                   std::to_string(highest));
    }
    return number;
  }

  Duration duration(std::string_view name, std::string_view fallback) const {
    const auto value = parse_duration(text(name, fallback));
    if (!value) throw SettingError(name, "wants a duration such as 15m, 24h or 30d");
    return *value;
  }

  Duration retention(std::string_view name, std::string_view fallback) const {
    const auto kept = duration(name, fallback);
    if (kept < limits::kRetentionMin) throw SettingError(name, "is at least 2d");
    return kept;
  }

  Rate rate(std::string_view name, std::string_view fallback) const {
    const auto value = parse_rate(text(name, fallback));
    if (!value) throw SettingError(name, "wants a rate such as 20/s, 3/h or 10/d");
    return *value;
  }

  std::vector<Rate> rates(std::string_view name, std::string_view fallback) const {
    auto value = parse_rates(text(name, fallback));
    if (!value) {
      throw SettingError(name, "wants one to three rates of different units, such as 3/h,10/d");
    }
    return *std::move(value);
  }

  std::vector<std::string> list(std::string_view name) const {
    std::vector<std::string> entries;
    const auto value = text(name);
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      auto entry = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      while (entry.starts_with(' ')) entry.remove_prefix(1);
      while (entry.ends_with(' ')) entry.remove_suffix(1);
      if (!entry.empty()) entries.emplace_back(entry);
    }
    return entries;
  }

  template <class T>
  T choice(std::string_view name, T fallback,
           std::initializer_list<std::pair<std::string_view, T>> choices) const {
    const auto value = settings_.get(name);
    if (!value) return fallback;
    std::string names;
    for (const auto& [word, meaning] : choices) {
      if (*value == word) return meaning;
      names.append(names.empty() ? "" : ", ").append(word);
    }
    throw SettingError(name, "is one of " + names);
  }

  std::string file(std::string_view name) const {
    const auto path = settings_.get(name);
    if (!path) return {};
    auto content = read_file(*path);
    if (!content) throw SettingError(name, "the file cannot be read");
    return *std::move(content);
  }

  std::string base_url(std::string_view name, std::string_view fallback) const {
    const auto url = parse_base_url(text(name, fallback));
    if (!url) throw SettingError(name, "wants an address such as https://accounts.example.com");
    return *url;
  }

  bool has(std::string_view name) const { return settings_.get(name).has_value(); }

 private:
  const Settings& settings_;
};

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

HostPort split_listen(std::string_view name, const std::string& text) {
  const auto colon = text.rfind(':');
  HostPort result;
  unsigned port = 0;
  if (colon != std::string::npos) {
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error == std::errc() && stop == end && port <= 65535) {
      result = {text.substr(0, colon), static_cast<std::uint16_t>(port)};
    }
  }
  if (result.host.empty()) throw SettingError(name, "wants HOST:PORT, such as 127.0.0.1:5001");
  return result;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

void read_relays(const Reader& read, const SmtpOptions& smtp, Config& config) {
  if (!read.has("SMTP_RELAYS")) return;
  auto relays = parse_relays(read.text("SMTP_RELAYS"), smtp);
  if (!relays) throw SettingError("SMTP_RELAYS", relays.error().detail);
  config.smtp_relays = *std::move(relays);
  for (const auto& relay : config.smtp_relays) {
    if (relay.tls == SmtpTls::kNone && !is_loopback(relay.host)) {
      config.warnings.push_back("SMTP_RELAYS: letters to " + relay.host +
                                " cross the network in plain text");
    }
  }
}

void read_smtp(const Reader& read, Config& config) {
  config.mail_templates = read.text("MAIL_TEMPLATES");
  if (!read.has("SMTP_HOST")) {
    for (const auto* name :
         {"SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "SMTP_TLS", "SMTP_RELAYS"}) {
      if (read.has(name))
        throw SettingError("SMTP_HOST", std::string("is missing, but ") + name + " is set");
    }
    return;
  }
  SmtpOptions smtp;
  smtp.host = read.text("SMTP_HOST");
  const bool implicit_port = read.number("SMTP_PORT", 587, 1, 65535) == kImplicitTlsPort;
  smtp.tls = read.choice("SMTP_TLS", implicit_port ? SmtpTls::kImplicit : SmtpTls::kStartTls,
                         {{"starttls", SmtpTls::kStartTls},
                          {"implicit", SmtpTls::kImplicit},
                          {"none", SmtpTls::kNone}});
  const std::uint64_t usual_port = smtp.tls == SmtpTls::kImplicit ? kImplicitTlsPort
                                   : smtp.tls == SmtpTls::kNone   ? 25
                                                                  : 587;
  smtp.port = static_cast<std::uint16_t>(read.number("SMTP_PORT", usual_port, 1, 65535));
  smtp.user = read.text("SMTP_USER");
  smtp.password = Secret(read.text("SMTP_PASSWORD"));
  if (smtp.user.empty() != smtp.password.empty()) {
    throw SettingError(smtp.user.empty() ? "SMTP_USER" : "SMTP_PASSWORD",
                       "is missing: user and password belong together");
  }
  if (smtp.tls == SmtpTls::kNone && !is_loopback(smtp.host)) {
    config.warnings.emplace_back("SMTP_TLS=none: letters cross the network in plain text");
  }
  smtp.ca_file = read.text("SMTP_CA_FILE");
  if (!smtp.ca_file.empty()) (void)read.file("SMTP_CA_FILE");

  const auto from = read.text("MAIL_FROM", smtp.user);
  if (from.empty()) throw SettingError("MAIL_FROM", "is missing: whom do the letters come from?");
  const auto sender = parse_sender(from);
  if (!sender) throw SettingError("MAIL_FROM", "wants an address, or NAME <address>");
  config.mail_from = *sender;
  if (config.mail_from.name.empty()) config.mail_from.name = config.product.name;
  smtp.sender = config.mail_from;
  read_relays(read, smtp, config);
  config.smtp = std::move(smtp);
}

void read_keys(const Reader& read, Config& config, Role role) {
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

void read_product(const Reader& read, Config& config) {
  config.product.name = read.text("PRODUCT_NAME", "Postern");
  if (read.has("PRODUCT_URL")) config.product.url = read.base_url("PRODUCT_URL", {});
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

void read_http(const Reader& read, Config& config) {
  config.listen = read.text("LISTEN", "127.0.0.1:5001");
  config.admin_listen = read.text("ADMIN_LISTEN", "127.0.0.1:5002");
  config.admin_listen_given = read.has("ADMIN_LISTEN");
  const auto listen = split_listen("LISTEN", config.listen);
  split_listen("ADMIN_LISTEN", config.admin_listen);
  config.tls_cert_file = read.text("TLS_CERT_FILE");
  config.tls_key_file = read.text("TLS_KEY_FILE");
  if (config.tls_cert_file.empty() != config.tls_key_file.empty()) {
    throw SettingError(config.tls_cert_file.empty() ? "TLS_CERT_FILE" : "TLS_KEY_FILE",
                       "is missing: certificate and key belong together");
  }
  const std::string scheme = config.tls_cert_file.empty() ? "http" : "https";
  config.base_url =
      read.base_url("BASE_URL", scheme + "://localhost:" + std::to_string(listen.port));
  config.trusted_proxies = read.list("TRUSTED_PROXIES");
  for (const auto& network : config.trusted_proxies) {
    if (!http::parse_network(network)) {
      throw SettingError("TRUSTED_PROXIES", "wants networks such as 10.0.0.0/8, comma-separated");
    }
  }
  config.request_limit_per_ip = read.rate("REQUEST_LIMIT_PER_IP", "20/s");
  config.http_threads = read.number("HTTP_THREADS", 1, 1, 64);
}

void read_sessions(const Reader& read, Config& config) {
  config.access_token_ttl = read.duration("ACCESS_TOKEN_TTL", "15m");
  if (config.access_token_ttl > limits::kAccessTokenLife) {
    throw SettingError("ACCESS_TOKEN_TTL", "is at most 24h");
  }
  config.session_ttl = read.duration("SESSION_TTL", "30d");
  config.session_idle_ttl = read.duration("SESSION_IDLE_TTL", "7d");
  if (config.session_idle_ttl <= config.access_token_ttl) {
    throw SettingError("SESSION_IDLE_TTL", "must be longer than ACCESS_TOKEN_TTL");
  }
}

/// What would leave an open door, or a letter where nobody sees it.
void check_together(const Reader& read, const Config& config, Role role) {
  const bool serves = role == Role::kRun || role == Role::kApp;
  if (serves && !is_loopback(split_listen("LISTEN", config.listen).host)) {
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
  const Settings settings(environment, env_file, known_names(), secret_names());
  const Reader read(settings);
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
  config.database_url = read.text("DATABASE_URL", default_database_url());
  config.rabbitmq_url = read.text("RABBITMQ_URL");
  config.token_ttl = read.duration("TOKEN_TTL", "60m");
  if (config.token_ttl > std::chrono::hours(24)) {
    throw SettingError("TOKEN_TTL", "is at most 24h");
  }
  config.outbox_limit = static_cast<std::int64_t>(
      read.number("OUTBOX_LIMIT", limits::kOutboxRows, 1, limits::kOutboxRowsMost));
  read_sessions(read, config);
  config.mail_limit_per_address = read.rates("MAIL_LIMIT_PER_ADDRESS", "3/h,10/d");
  config.retention = {read.retention("AUDIT_RETENTION", "400d"),
                      read.retention("MAIL_STATE_RETENTION", "90d")};
  config.password_min_length =
      read.number("PASSWORD_MIN_LENGTH", 15, limits::kPasswordLengthFloor, 64);
  config.mail_threads = read.number("SMTP_CONNECTIONS", limits::kMailConnections, 1, 64);
  check_together(read, config, role);
  if (config.secret_key.empty() && role != Role::kCommand) {
    config.secret_key = stored_secret_key();
    config.secret_key_is_generated = true;
  }
  return config;
}

}  // namespace postern
