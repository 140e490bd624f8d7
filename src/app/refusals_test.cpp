// Every refusal of a configuration: the line names the setting, what is wrong with it, and a value
// that works. config_test.cpp has the forms that are accepted, and the refusals that need a story.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/config.hpp"
#include "app/data_folder.hpp"

namespace postern {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Values = Settings::Values;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";
/// A file that can be read; what is in it is looked at later.
constexpr const char* kFile = POSTERN_SOURCE_DIR "/LICENSE";

template <class Work>
std::string refusal_of(Work work) {
  try {
    work();
  } catch (const SettingError& error) {
    return error.what();
  }
  return "accepted";
}

struct Case {
  Values settings;
  /// The setting that the line begins with.
  const char* name;
  const char* fault;
  /// The suggestion in the line: a value, a command, or another setting.
  const char* example;
  Role role = Role::kRun;
};

/// With a mail server and a key, unless the case says something else about them.
std::string refusal_of(const Case& c) {
  Values settings = c.settings;
  settings.emplace("SECRET_KEY", kKey);
  settings.emplace("SMTP_HOST", "smtp.example.com");
  settings.emplace("MAIL_FROM", "no-reply@example.com");
  return refusal_of([&] { static_cast<void>(load_config(settings, {}, c.role)); });
}

void expect_refused(const std::vector<Case>& cases) {
  for (const auto& c : cases) {
    const auto line = refusal_of(c);
    EXPECT_THAT(line, AllOf(StartsWith(std::string(c.name) + ": "), HasSubstr(c.fault),
                            HasSubstr(c.example)));
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

TEST(Refusals, O5_keys) {
  constexpr const char* kMakesKey = "openssl rand -hex 32";
  expect_refused({
      {{{"SECRET_KEY", "short"}}, "SECRET_KEY", "is too short", kMakesKey},
      {{{"SECRET_KEY", ""}, {"LISTEN", "0.0.0.0:5001"}}, "SECRET_KEY", "is missing", "127.0.0.1"},
      {{{"SECRET_KEY", ""}, {"LISTEN", "0.0.0.0:5001"}},
       "SECRET_KEY",
       "is missing",
       "127.0.0.1",
       Role::kApp},
      {{{"MAIL_TOKEN_PUBLIC_KEY_FILE", kFile}},
       "MAIL_TOKEN_KEY_FILE",
       "is missing",
       "MAIL_TOKEN_PUBLIC_KEY_FILE"},
      {{{"MAIL_TOKEN_PUBLIC_KEY_FILE", kFile}},
       "MAIL_TOKEN_KEY_FILE",
       "is missing",
       "MAIL_TOKEN_PUBLIC_KEY_FILE",
       Role::kWorker},
      {{{"MAIL_TOKEN_KEY_FILE", kFile}},
       "MAIL_TOKEN_PUBLIC_KEY_FILE",
       "is missing",
       "MAIL_TOKEN_KEY_FILE"},
      {{{"MAIL_TOKEN_KEY_FILE", kFile}},
       "MAIL_TOKEN_PUBLIC_KEY_FILE",
       "is missing",
       "MAIL_TOKEN_KEY_FILE",
       Role::kApp},
      {{{"MAIL_TOKEN_KEY_FILE", "/nowhere"}}, "MAIL_TOKEN_KEY_FILE", "No such file", "the file"},
  });
  EXPECT_EQ(refusal_of(Case{{{"MAIL_TOKEN_PUBLIC_KEY_FILE", kFile}}, "", "", "", Role::kApp}),
            "accepted")
      << "an app verifies only";
  EXPECT_EQ(refusal_of(Case{{{"MAIL_TOKEN_KEY_FILE", kFile}}, "", "", "", Role::kWorker}),
            "accepted")
      << "a worker signs only";
}

TEST(Refusals, O5_names) {
  expect_refused({
      {{{"POSTERN_NONE", "x"}}, "POSTERN_NONE", "no such setting", "docs/configuration.md"},
      {{{"TOKEN_TTL", "5m"}, {"POSTERN_TOKEN_TTL", "5m"}}, "TOKEN_TTL", "given twice", "POSTERN_"},
      {{{"SMTP_PASSWORD", "x"}, {"SMTP_PASSWORD_FILE", kFile}},
       "SMTP_PASSWORD",
       "given twice",
       "SMTP_PASSWORD_FILE"},
      {{{"SECRET_KEY_FILE", "/nowhere"}, {"SECRET_KEY", ""}},
       "SECRET_KEY_FILE",
       "the file",
       "No such file"},
      {{{"SECRET_KEY_FILE", "/"}, {"SECRET_KEY", ""}},
       "SECRET_KEY_FILE",
       "the file",
       "is a folder"},
      {{{"SECRET_KEY_FILE", "/dev/null"}, {"SECRET_KEY", ""}},
       "SECRET_KEY_FILE",
       "the file",
       "is empty"},
  });
}

TEST(Refusals, O5_product_and_http) {
  expect_refused({
      {{{"SUPPORT_EMAIL", "help"}}, "SUPPORT_EMAIL", "is not an email", "help@example.com"},
      {{{"RETURN_URLS", "javascript:alert(1)"}},
       "RETURN_URLS",
       "absolute http(s)",
       "https://app.example.com/"},
      {{{"RETURN_URLS", "https://app.example.com/,/path"}},
       "RETURN_URLS",
       "absolute http(s)",
       "https://app.example.com/"},
      {{{"CORS_ORIGINS", "*"}}, "CORS_ORIGINS", "origins", "https://app.example.com"},
      {{{"CORS_ORIGINS", "https://app.example.com/path"}},
       "CORS_ORIGINS",
       "origins",
       "capacitor://localhost"},
      {{{"TLS_KEY_FILE", kFile}}, "TLS_CERT_FILE", "is missing", "belong together"},
      {{{"TLS_CERT_FILE", kFile}}, "TLS_KEY_FILE", "is missing", "belong together"},
      {{{"TLS_KEY_FILE", "/nowhere"}}, "TLS_KEY_FILE", "the file", "No such file"},
      {{{"FORWARDED_HEADER", "x-real-ip"}}, "FORWARDED_HEADER", "is one of", "forwarded"},
      {{{"LOG_LEVEL", "loud"}}, "LOG_LEVEL", "is one of", "debug, info, warn, error, off"},
      {{{"LOG_FORMAT", "xml"}}, "LOG_FORMAT", "is one of", "text, json"},
      {{{"TRUSTED_PROXIES", "everyone"}}, "TRUSTED_PROXIES", "networks", "10.0.0.0/8"},
  });
}

TEST(Refusals, O5_numbers_times_and_rates) {
  expect_refused({
      {{{"SMTP_CONNECTIONS", "0"}}, "SMTP_CONNECTIONS", "from 1 to 64", "such as 4"},
      {{{"SMTP_CONNECTIONS", "4.5"}}, "SMTP_CONNECTIONS", "whole number", "such as 4"},
      {{{"OUTBOX_LIMIT", "0"}}, "OUTBOX_LIMIT", "from 1 to", "such as 1000000"},
      {{{"OUTBOX_LIMIT", "99999999999999999999"}}, "OUTBOX_LIMIT", "from 1 to", "such as 1000000"},
      {{{"TOKEN_TTL", "25h"}}, "TOKEN_TTL", "is at most 24h", "such as 60m"},
      {{{"TOKEN_TTL", "an hour"}}, "TOKEN_TTL", "must be a duration", "15m, 24h or 30d"},
      {{{"ACCESS_TOKEN_TTL", "-1m"}}, "ACCESS_TOKEN_TTL", "must be a duration", "15m, 24h or 30d"},
      {{{"SESSION_TTL", "30"}}, "SESSION_TTL", "must be a duration", "15m, 24h or 30d"},
      {{{"SESSION_IDLE_TTL", "31d"}}, "SESSION_IDLE_TTL", "longer than SESSION_TTL", "such as 30d"},
      {{{"SESSION_IDLE_TTL", "15m"}}, "SESSION_IDLE_TTL", "longer than ACCESS_TOKEN_TTL", "7d"},
      {{{"AUDIT_RETENTION", "1d"}}, "AUDIT_RETENTION", "is at least 2d", "such as 400d"},
      {{{"MAIL_STATE_RETENTION", "1d"}}, "MAIL_STATE_RETENTION", "is at least 2d", "such as 90d"},
      {{{"UNCONFIRMED_RETENTION", "1d"}}, "UNCONFIRMED_RETENTION", "is at least 2d", "such as 7d"},
      {{{"REQUEST_LIMIT_PER_IP", "0/s"}}, "REQUEST_LIMIT_PER_IP", "must be a rate", "20/s"},
      {{{"MAIL_LIMIT_PER_ADDRESS", "3/h,5/h"}},
       "MAIL_LIMIT_PER_ADDRESS",
       "rates of different units",
       "3/h,10/d"},
      {{{"MAIL_LIMIT_PER_MAILBOX", "6"}}, "MAIL_LIMIT_PER_MAILBOX", "rates", "6/h,20/d"},
      {{{"MAIL_LIMIT_PER_CLIENT", "x/h"}}, "MAIL_LIMIT_PER_CLIENT", "rates", "200/h"},
      {{{"MAIL_LIMIT_PER_DOMAIN", "1/h,2/m,3/s,4/d"}}, "MAIL_LIMIT_PER_DOMAIN", "rates", "10000/h"},
  });
}

TEST(Refusals, O5_what_belongs_to_a_mail_server_needs_one) {
  for (const auto& [name, value] : Values{{"SMTP_PORT", "587"},
                                          {"SMTP_USER", "user"},
                                          {"SMTP_PASSWORD", "password"},
                                          {"SMTP_AUTH", "plain"},
                                          {"SMTP_OAUTH_TOKEN_URL", "https://example.com/token"},
                                          {"SMTP_TLS", "starttls"},
                                          {"SMTP_RELAYS", "smtp2.example.com"}}) {
    expect_refused({{{{name, value}, {"SMTP_HOST", ""}},
                     "SMTP_HOST",
                     (name + " is set").c_str(),
                     "smtp.example.com"}});
  }
  expect_refused({{{{"SMTP_HOST", ""}},
                   "SMTP_HOST",
                   "a worker of its own",
                   "smtp.example.com",
                   Role::kWorker}});
}

TEST(Refusals, O5_mail_server) {
  expect_refused({
      {{{"SMTP_HELO_NAME", "a b"}}, "SMTP_HELO_NAME", "domain name", "mail.example.com"},
      {{{"SMTP_RELAYS", "http://example.com"}}, "SMTP_RELAYS", "HOST[:PORT]", "smtps://"},
      {{{"SMTP_RELAYS", "smtp2.example.com,"}}, "SMTP_RELAYS", "is empty", "smtp2.example.com"},
      {{{"MAIL_FROM", ""}}, "MAIL_FROM", "is missing", "no-reply@example.com"},
      {{{"MAIL_FROM", "Example"}}, "MAIL_FROM", "NAME <address>", "no-reply@example.com"},
      {{{"SMTP_USER", "user"}}, "SMTP_PASSWORD", "is missing", "belong together"},
      {{{"SMTP_PASSWORD", "p"}}, "SMTP_USER", "is missing", "belong together"},
      {{{"SMTP_AUTH", "none"}, {"SMTP_PASSWORD", "p"}},
       "SMTP_PASSWORD",
       "SMTP_AUTH=none",
       "remove one of them"},
      {{{"SMTP_AUTH", "xoauth2"}},
       "SMTP_OAUTH_TOKEN_URL",
       "is missing",
       "https://oauth2.googleapis.com/token"},
  });
  for (const auto* name : {"SMTP_OAUTH_CLIENT_ID", "SMTP_OAUTH_CLIENT_SECRET", "SMTP_OAUTH_SCOPE",
                           "SMTP_OAUTH_REFRESH_TOKEN"}) {
    expect_refused({
        {{{name, "x"}}, name, "is set", "SMTP_OAUTH_TOKEN_URL is missing"},
        {{{name, "x"}, {"SMTP_AUTH", "login"}}, name, "this SMTP_AUTH", "remove one of them"},
        {{{name, "x"}, {"SMTP_AUTH", "none"}}, name, "this SMTP_AUTH", "remove one of them"},
    });
  }
}

TEST(Refusals, O5_servers) {
  expect_refused({
      {{{"DATABASE_URL", "mysql://localhost/x"}},
       "DATABASE_URL",
       "must begin with",
       "postgresql://user:password@host/database"},
      {{{"RABBITMQ_URL", "http://localhost"}},
       "RABBITMQ_URL",
       "must begin with",
       "amqp://user:password@host:5672/vhost"},
  });
}

/// A working directory of its own.
class DataFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "data-folder-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  static std::string key_refusal() {
    return refusal_of([] { static_cast<void>(stored_secret_key()); });
  }

  std::filesystem::path folder_;
  std::filesystem::path before_;
};

TEST_F(DataFolder, O5_a_key_that_can_neither_be_read_nor_made_stops_the_start) {
  std::ofstream("data") << "no folder";
  EXPECT_EQ(key_refusal(),
            "SECRET_KEY: is not set, and data/secret.key cannot be written: Not a directory");
  std::filesystem::remove("data");
  std::filesystem::create_directories("data/secret.key");
  EXPECT_EQ(key_refusal(), "SECRET_KEY: is not set, and data/secret.key is a folder");
  std::filesystem::remove("data/secret.key");
  std::ofstream("data/secret.key") << std::string(63, 'a');
  EXPECT_EQ(key_refusal(), "SECRET_KEY: is not set, and data/secret.key holds no key");
  std::filesystem::remove("data/secret.key");
  EXPECT_EQ(key_refusal(), "accepted");
}

TEST_F(DataFolder, O5_a_folder_that_cannot_be_made_stops_the_start) {
  std::filesystem::remove(folder_);
  EXPECT_EQ(key_refusal(),
            "SECRET_KEY: is not set, and data cannot be written: No such file or "
            "directory");
  EXPECT_EQ(refusal_of([] { prepare_data_folder(default_database_url()); }),
            "DATABASE_URL: is not set, and data cannot be written: No such file or directory");
  EXPECT_EQ(refusal_of([] { prepare_data_folder("sqlite:elsewhere.db"); }), "accepted");
}

}  // namespace
}  // namespace postern
