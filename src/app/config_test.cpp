#include "app/config.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/setting_table.hpp"

namespace postern {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Values = Settings::Values;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

Config load(Values settings, std::string_view env_file = {}, Role role = Role::kRun) {
  settings.emplace("SECRET_KEY", kKey);
  return load_config(settings, parse_env_file(env_file), role);
}

/// The line that stops the start.
std::string refusal_of(const Values& settings, std::string_view env_file = {},
                       Role role = Role::kRun) {
  try {
    static_cast<void>(load(settings, env_file, role));
  } catch (const SettingError& error) {
    return error.what();
  }
  return "accepted";
}

Values with_smtp(Values settings) {
  settings.emplace("SMTP_HOST", "smtp.example.com");
  settings.emplace("MAIL_FROM", "Example <no-reply@example.com>");
  return settings;
}

TEST(Config, C1_variables_of_the_platform_are_ignored) {
  const Values platform{{"POSTERN_SERVICE_HOST", "10.0.0.7"},
                        {"POSTERN_SERVICE_PORT", "5001"},
                        {"POSTERN_SERVICE_PORT_HTTP", "5001"},
                        {"POSTERN_PORT", "tcp://10.0.0.7:5001"},
                        {"POSTERN_PORT_5001_TCP", "tcp://10.0.0.7:5001"},
                        {"POSTERN_PORT_5001_TCP_ADDR", "10.0.0.7"},
                        {"POSTERN_APP_PORT", "tcp://10.0.0.8:5001"},
                        {"POSTERN_APP_SERVICE_HOST", "10.0.0.8"}};
  EXPECT_THAT(load(platform).warnings, testing::IsEmpty());
  EXPECT_THAT(load({}, "POSTERN_SERVICE_HOST=10.0.0.7\n").warnings, testing::IsEmpty());
  EXPECT_THAT(load({{"POSTERN_PORT", "8080"}}).warnings, Contains(StartsWith("POSTERN_PORT: ")));
  for (const char* name : {"POSTERN_BASEURL", "POSTERN_SMTPPORT", "POSTERN_SERVICE", "POSTERN_"}) {
    EXPECT_THAT(refusal_of({{name, "x"}}), StartsWith(std::string(name) + ": there is no such"));
    EXPECT_THAT(refusal_of({}, std::string(name) + "=x"), StartsWith(std::string(name) + ": "));
  }
  EXPECT_EQ(load(with_smtp({{"POSTERN_SMTP_PORT", "2525"}})).smtp->port, 2525);
}

TEST(Config, words_are_read_in_any_case) {
  const auto config =
      load(with_smtp({{"SMTP_TLS", "StartTLS"}, {"LOG_LEVEL", "WARN"}, {"LOG_FORMAT", "Json"}}));
  EXPECT_EQ(config.smtp->tls, SmtpTls::kStartTls);
  EXPECT_EQ(config.log_level, LogLevel::kWarn);
  EXPECT_EQ(config.log_format, LogFormat::kJson);
}

TEST(Config, O5_H1_an_unusable_value_stops_the_start_with_one_line) {
  struct Case {
    const char* name;
    const char* value;
    const char* fault;
  };
  for (const auto& [name, value, fault] : std::vector<Case>{
           {"BASE_URL", "https://example.com/accounts", "has a path"},
           {"BASE_URL", "https://example.com/?a=b", "query"},
           {"BASE_URL", "https://example.com/#a", "fragment"},
           {"BASE_URL", "https://user@example.com", "user"},
           {"BASE_URL", "example.com", "must begin with"},
           {"BASE_URL", "ftp://example.com", "must begin with"},
           {"BASE_URL", "https://exa mple.com", "not a valid"},
           {"BASE_URL", "https://example.com:99999", "not a valid"},
           {"PRODUCT_URL", "example.com", "must begin with"},
           {"LISTEN", "5001", "HOST:PORT"},
           {"LISTEN", ":5001", "HOST:PORT"},
           {"LISTEN", "localhost", "HOST:PORT"},
           {"LISTEN", "localhost:", "HOST:PORT"},
           {"LISTEN", "localhost:65536", "65535"},
           {"LISTEN", "localhost:-1", "HOST:PORT"},
           {"LISTEN", "http://localhost:5001", "scheme"},
           {"LISTEN", "::1:5001", "brackets"},
           {"ADMIN_LISTEN", "a b:5001", "HOST:PORT"},
           {"SMTP_HOST", "smtp://smtp.example.com", "scheme"},
           {"SMTP_HOST", "smtp.example.com:587", "port"},
           {"SMTP_HOST", "user@smtp.example.com", "user"},
           {"SMTP_HOST", "a.example.com,b.example.com", "several"},
           {"SMTP_HOST", "smtp.example.com/x", "characters"},
           {"SMTP_HOST", "smtp example", "characters"},
           {"SMTP_PORT", "0", "from 1 to 65535"},
           {"SMTP_PORT", "65536", "from 1 to 65535"},
           {"SMTP_PORT", "587 ", "from 1 to 65535"},
           {"SMTP_PORT", "smtp", "from 1 to 65535"},
           {"SMTP_TLS", "ssl", "starttls, implicit, none"},
           {"DATABASE_URL", "sqlite:data/a.db?mode=memory", "?"},
           {"DATABASE_URL", "sqlite:file:a.db", "file:"},
           {"DATABASE_URL", "mysql://localhost/x", "must begin with"},
           {"DATABASE_URL", "postgresql://user:pa@ss/word@host/db", "percent-encode"},
           {"DATABASE_URL", "postgresql://user:pa/ss@host/db", "percent-encode"},
           {"DATABASE_URL", "postgresql://user:pass@host/db@x", "percent-encode"},
           {"DATABASE_URL", "postgresql://user:pass@host:port/db", "percent-encode"},
           {"RABBITMQ_URL", "amqp://guest:gu/est@localhost:5672/", "percent-encode"},
           {"RABBITMQ_URL", "amqp://localhost:5672/vhost@x", "percent-encode"},
           {"RABBITMQ_URL", "amqp://localhost:99999/", "port"},
           {"RABBITMQ_URL", "http://localhost", "amqp://"},
           {"TOKEN_TTL", "60", "such as"},
           {"TOKEN_TTL", "1h30m", "such as"},
           {"TOKEN_TTL", "0m", "such as"},
           {"TOKEN_TTL", "25h", "at most 24h"},
           {"ACCESS_TOKEN_TTL", "2d", "at most 24h"},
           {"SESSION_IDLE_TTL", "31d", "SESSION_TTL"},
           {"SESSION_IDLE_TTL", "10m", "ACCESS_TOKEN_TTL"},
           {"AUDIT_RETENTION", "47h", "at least 2d"},
           {"PASSWORD_MIN_LENGTH", "7", "from 8 to 64"},
           {"HTTP_THREADS", "0", "from 1 to 64"},
           {"MAIL_LIMIT_PER_ADDRESS", "3", "such as"},
           {"REQUEST_LIMIT_PER_IP", "20", "such as"},
           {"MAIL_FROM", "Example", "address"},
           {"PRODUCT_NAME", "a\xFF", "UTF-8"},
           {"PRODUCT_NAME", "a\nb", "control character"},
           {"TRUSTED_PROXIES", "10.0.0.0/40", "such as"},
           {"TLS_CERT_FILE", "/nowhere/cert.pem", "No such file"},
           {"SMTP_CA_FILE", "/", "is a folder"},
           {"MAIL_TOKEN_PUBLIC_KEY_FILE", "/nowhere", "No such file"},
       }) {
    Values settings{{name, value}};
    const auto line = refusal_of(with_smtp(settings));
    EXPECT_THAT(line, AllOf(StartsWith(std::string(name) + ": "), HasSubstr(fault))) << value;
    EXPECT_THAT(line, Not(HasSubstr("\n")));
  }
}

TEST(Config, O5_a_refused_secret_is_not_shown) {
  for (const char* url : {"postgresql://user:s3cr@t@host/db", "amqp://user:s3cr/et@host/",
                          "mysql://user:s3cret@host/db"}) {
    for (const char* name : {"DATABASE_URL", "RABBITMQ_URL", "SMTP_RELAYS"}) {
      EXPECT_THAT(refusal_of(with_smtp({{name, url}})), Not(HasSubstr("s3cr"))) << url;
    }
  }
}

TEST(Config, tolerant_in_form) {
  EXPECT_EQ(load(with_smtp({{"BASE_URL", "HTTPS://Accounts.Example.com:443/"}})).base_url,
            "https://accounts.example.com");
  EXPECT_EQ(load(with_smtp({{"SMTP_HOST", "[2001:db8::1]"}})).smtp->host, "2001:db8::1");
  EXPECT_EQ(load({{"LISTEN", "[::1]:6001"}}).base_url, "http://localhost:6001");
  EXPECT_EQ(load({{"SESSION_TTL", "1h"}}).session_ttl, std::chrono::hours(1));
  EXPECT_EQ(load({{"TOKEN_TTL", ""}}).token_ttl, std::chrono::hours(1));
}

TEST(Config, X3_captured_mail_is_refused_unless_all_is_on_this_machine) {
  for (const Values& settings : {
           Values{{"BASE_URL", "https://accounts.example.com"}},
           Values{{"BASE_URL", "http://localhost.example.com"}},
           Values{{"BASE_URL", "http://10.0.0.7:5001"}},
           Values{{"TRUSTED_PROXIES", "127.0.0.1"}},
           Values{{"TRUSTED_PROXIES", "10.0.0.0/8"}},
           Values{{"LISTEN", "0.0.0.0:5001"}},
           Values{{"LISTEN", "[::]:5001"}},
           Values{{"LISTEN", "127.example.com:5001"}},
       }) {
    EXPECT_THAT(refusal_of(settings), StartsWith("SMTP_HOST: is missing: captured mail"));
    EXPECT_EQ(refusal_of(with_smtp(settings)), "accepted");
    EXPECT_EQ(refusal_of(settings, {}, Role::kApp), "accepted") << "no worker, no captured mail";
  }
  for (const char* url : {"http://localhost:5001", "http://127.0.0.2", "http://[::1]:5001",
                          "https://LOCALHOST", "http://accounts.localhost"}) {
    EXPECT_EQ(refusal_of({{"BASE_URL", url}}), "accepted") << url;
  }
}

TEST(Config, open_doors_are_said_at_the_start) {
  const auto plain = load(with_smtp({{"SMTP_TLS", "none"}}));
  EXPECT_THAT(plain.warnings, Contains(StartsWith("SMTP_TLS=none: ")));
  const auto local = load(with_smtp({{"SMTP_TLS", "none"}, {"SMTP_HOST", "127.0.0.1"}}));
  EXPECT_THAT(local.warnings, testing::IsEmpty());
  const auto admin = load({{"ADMIN_LISTEN", "0.0.0.0:5002"}});
  EXPECT_THAT(admin.warnings, Contains(HasSubstr("0.0.0.0:5002")));
}

TEST(Config, lines_of_other_programs_cost_one_warning) {
  const auto config = load({}, "FOO=1\nBAR=2\n[x]\nTOKEN_TTL=5m\n");
  EXPECT_THAT(config.warnings,
              testing::ElementsAre(AllOf(HasSubstr("FOO"), HasSubstr("BAR"), HasSubstr("line 3"))));
  EXPECT_EQ(config.token_ttl, std::chrono::minutes(5));
}

Values with_oauth(Values settings) {
  settings.emplace("SMTP_USER", "no-reply@example.com");
  settings.emplace("SMTP_OAUTH_TOKEN_URL", "https://login.example.com/t/oauth2/v2.0/token");
  settings.emplace("SMTP_OAUTH_CLIENT_ID", "client");
  settings.emplace("SMTP_OAUTH_CLIENT_SECRET", "s3cret");
  return with_smtp(std::move(settings));
}

TEST(Config, smtp_auth_and_its_settings_belong_together) {
  EXPECT_NE(load(with_oauth({})).smtp->oauth, nullptr);
  EXPECT_EQ(load(with_oauth({{"SMTP_AUTH", "XOAUTH2"}})).smtp->auth, SmtpAuth::kXoauth2);
  EXPECT_EQ(load(with_oauth({{"SMTP_AUTH", "oauthbearer"}})).smtp->auth, SmtpAuth::kOauthbearer);
  EXPECT_EQ(load(with_smtp({{"SMTP_AUTH", "none"}, {"SMTP_USER", "a@example.com"}})).smtp->user,
            "");
  const auto oauth = [](Values settings) { return refusal_of(with_oauth(std::move(settings))); };
  EXPECT_THAT(oauth({{"SMTP_OAUTH_TOKEN_URL", "http://login.example.com/token"}}),
              StartsWith("SMTP_OAUTH_TOKEN_URL: must be an https address, such as"));
  EXPECT_THAT(oauth({{"SMTP_OAUTH_CLIENT_ID", ""}}), StartsWith("SMTP_OAUTH_CLIENT_ID: "));
  EXPECT_THAT(oauth({{"SMTP_OAUTH_CLIENT_SECRET", ""}}), StartsWith("SMTP_OAUTH_CLIENT_SECRET: "));
  EXPECT_EQ(oauth({{"SMTP_OAUTH_CLIENT_SECRET", ""}, {"SMTP_OAUTH_REFRESH_TOKEN", "r"}}),
            "accepted");
  EXPECT_THAT(oauth({{"SMTP_USER", ""}}), StartsWith("SMTP_USER: "));
  EXPECT_THAT(oauth({{"SMTP_PASSWORD", "p"}}), StartsWith("SMTP_PASSWORD: "));
  EXPECT_THAT(oauth({{"SMTP_AUTH", "plain"}}), HasSubstr("is not used"));
  EXPECT_THAT(refusal_of(with_smtp({{"SMTP_AUTH", "xoauth2"}, {"SMTP_USER", "a@example.com"}})),
              StartsWith("SMTP_OAUTH_TOKEN_URL: is missing"));
  EXPECT_THAT(refusal_of(with_smtp({{"SMTP_AUTH", "login"}})), StartsWith("SMTP_USER: "));
  EXPECT_THAT(refusal_of(with_smtp({{"SMTP_AUTH", "cram-md5"}})),
              HasSubstr("auto, plain, login, xoauth2, oauthbearer, none"));
  EXPECT_THAT(refusal_of(with_smtp({{"SMTP_OAUTH_SCOPE", "x"}})), StartsWith("SMTP_OAUTH_SCOPE: "));
}

class SecretFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "secret-XXXXXX";
    const int file = mkstemp(name.data());
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Values with_password(std::string_view content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return with_smtp({{"SMTP_USER", "u"}, {"SMTP_PASSWORD_FILE", path_}});
  }

  std::string path_;
};

TEST_F(SecretFile, O1_C3_mark_and_one_line_end_are_no_part_of_a_secret) {
  for (const char* content : {"s3cret", "s3cret\n", "s3cret\r\n", "\xEF\xBB\xBFs3cret\n"}) {
    EXPECT_EQ(load(with_password(content)).smtp->password.view(), "s3cret");
  }
  EXPECT_THAT(refusal_of(with_password("s3cret\n\n")),
              AllOf(StartsWith("SMTP_PASSWORD: "), Not(HasSubstr("s3cret"))));
  for (const char* content : {"", "\n", "\xEF\xBB\xBF\r\n"}) {
    EXPECT_EQ(refusal_of(with_password(content)), "SMTP_PASSWORD_FILE: the file is empty");
  }
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(refusal_of(with_smtp({{"SMTP_USER", "u"}, {"SMTP_PASSWORD_FILE", path_}})),
            "SMTP_PASSWORD_FILE: the file is a folder");
}

TEST_F(SecretFile, the_environment_wins_over_the_file_in_either_form) {
  std::ofstream(path_) << "from file";
  const auto in_environment = with_smtp({{"SMTP_USER", "u"}, {"SMTP_PASSWORD", "direct"}});
  EXPECT_EQ(load(in_environment, "SMTP_PASSWORD_FILE=" + path_).smtp->password.view(), "direct");
  EXPECT_THAT(refusal_of({}, "SECRET_KEY=x\nSECRET_KEY_FILE=" + path_),
              StartsWith("SECRET_KEY: is given twice"));
}

}  // namespace
}  // namespace postern
