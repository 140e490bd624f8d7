#include "app/setting_table.hpp"

#include <algorithm>
#include <chrono>

#include "base/limits.hpp"

namespace postern {
namespace {

using Kind = SettingKind;
using std::chrono_literals::operator""h;

constexpr std::int64_t seconds(std::chrono::seconds time) { return time.count(); }

constexpr SettingRow kTable[] = {
    // Keys
    {.name = "SECRET_KEY", .example = "the output of `openssl rand -hex 32`", .secret = true},
    {.name = "MAIL_TOKEN_KEY_FILE", .kind = Kind::kFile},
    {.name = "MAIL_TOKEN_PUBLIC_KEY_FILE", .kind = Kind::kFile},
    // HTTP
    {.name = "BASE_URL", .example = "https://accounts.example.com"},
    {.name = "LISTEN", .kind = Kind::kListen, .fallback = "127.0.0.1:5001"},
    {.name = "ADMIN_LISTEN", .kind = Kind::kListen, .fallback = "127.0.0.1:5002"},
    {.name = "ADMIN_HOSTS", .kind = Kind::kList, .example = "postern.internal"},
    {.name = "TRUSTED_PROXIES", .kind = Kind::kList, .example = "10.0.0.0/8"},
    {.name = "FORWARDED_HEADER", .kind = Kind::kChoice, .fallback = "x-forwarded-for"},
    {.name = "REQUEST_LIMIT_PER_IP", .kind = Kind::kRate, .fallback = "20/s"},
    {.name = "RETURN_URLS", .kind = Kind::kList, .example = "https://app.example.com/"},
    {.name = "CORS_ORIGINS", .kind = Kind::kList, .example = "https://app.example.com"},
    {.name = "HTTP_THREADS", .kind = Kind::kNumber, .fallback = "1", .lowest = 1, .highest = 64},
    {.name = "TLS_CERT_FILE", .kind = Kind::kFile},
    {.name = "TLS_KEY_FILE", .kind = Kind::kFile},
    // Database and queue
    {.name = "DATABASE_URL",
     .fallback = "sqlite:data/postern.db",
     .example = "postgresql://user:password@host/database",
     .secret = true},
    {.name = "RABBITMQ_URL", .example = "amqp://user:password@host:5672/vhost", .secret = true},
    // Mail
    {.name = "SMTP_HOST", .example = "smtp.example.com"},
    {.name = "SMTP_PORT", .kind = Kind::kNumber, .example = "587", .lowest = 1, .highest = 65535},
    {.name = "SMTP_USER"},
    {.name = "SMTP_PASSWORD", .secret = true},
    {.name = "SMTP_AUTH", .kind = Kind::kChoice, .fallback = "auto"},
    {.name = "SMTP_OAUTH_TOKEN_URL", .example = "https://oauth2.googleapis.com/token"},
    {.name = "SMTP_OAUTH_CLIENT_ID"},
    {.name = "SMTP_OAUTH_CLIENT_SECRET", .secret = true},
    {.name = "SMTP_OAUTH_SCOPE"},
    {.name = "SMTP_OAUTH_REFRESH_TOKEN", .secret = true},
    {.name = "SMTP_TLS", .kind = Kind::kChoice},
    {.name = "SMTP_HELO_NAME", .example = "mail.example.com"},
    {.name = "SMTP_CA_FILE", .kind = Kind::kFile},
    {.name = "SMTP_RELAYS",
     .example = "smtp2.example.com,smtps://user:password@mail.example.net:465",
     .secret = true},
    {.name = "SMTP_CONNECTIONS",
     .kind = Kind::kNumber,
     .fallback = "4",
     .lowest = 1,
     .highest = 64},
    {.name = "MAIL_FROM", .example = "Example <no-reply@example.com>"},
    {.name = "MAIL_TEMPLATES"},
    // Accounts
    {.name = "TOKEN_TTL", .kind = Kind::kDuration, .fallback = "60m", .highest = seconds(24h)},
    {.name = "ACCESS_TOKEN_TTL",
     .kind = Kind::kDuration,
     .fallback = "15m",
     .highest = seconds(limits::kAccessTokenLife)},
    {.name = "SESSION_TTL", .kind = Kind::kDuration, .fallback = "30d"},
    {.name = "SESSION_IDLE_TTL", .kind = Kind::kDuration, .fallback = "7d"},
    {.name = "MAIL_LIMIT_PER_ADDRESS", .kind = Kind::kRates, .fallback = "3/h,10/d"},
    {.name = "MAIL_LIMIT_PER_MAILBOX", .kind = Kind::kRates, .example = "6/h,20/d"},
    {.name = "MAIL_LIMIT_PER_CLIENT", .kind = Kind::kRates, .example = "200/h"},
    {.name = "MAIL_LIMIT_PER_DOMAIN", .kind = Kind::kRates, .example = "10000/h"},
    {.name = "MAIL_LIMIT_TOTAL", .kind = Kind::kRates, .example = "5000/h"},
    {.name = "LOGIN_LIMIT_PER_CLIENT", .kind = Kind::kRates, .example = "200/h"},
    {.name = "OUTBOX_LIMIT",
     .kind = Kind::kNumber,
     .fallback = "1000000",
     .lowest = 1,
     .highest = limits::kOutboxRowsMost},
    {.name = "AUDIT_RETENTION",
     .kind = Kind::kDuration,
     .fallback = "400d",
     .lowest = seconds(limits::kRetentionMin)},
    {.name = "MAIL_STATE_RETENTION",
     .kind = Kind::kDuration,
     .fallback = "90d",
     .lowest = seconds(limits::kRetentionMin)},
    {.name = "UNCONFIRMED_RETENTION",
     .kind = Kind::kDuration,
     .fallback = "7d",
     .lowest = seconds(limits::kRetentionMin)},
    {.name = "PASSWORD_MIN_LENGTH",
     .kind = Kind::kNumber,
     .fallback = "15",
     .lowest = limits::kPasswordLengthFloor,
     .highest = 64},
    {.name = "BREACHED_PASSWORDS_FILE", .kind = Kind::kFile},
    {.name = "PRODUCT_NAME", .fallback = "Postern"},
    {.name = "PRODUCT_URL", .example = "https://example.com"},
    {.name = "SUPPORT_EMAIL", .example = "help@example.com"},
    // Log
    {.name = "LOG_LEVEL", .kind = Kind::kChoice, .fallback = "info"},
    {.name = "LOG_FORMAT", .kind = Kind::kChoice, .fallback = "text"},
};

}  // namespace

std::span<const SettingRow> setting_table() { return kTable; }

const SettingRow* find_setting(std::string_view name) {
  const auto* found = std::ranges::find(kTable, name, &SettingRow::name);
  return found == std::end(kTable) ? nullptr : found;
}

}  // namespace postern
