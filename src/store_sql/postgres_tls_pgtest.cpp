// Needs a private PostgreSQL server: POSTERN_TEST_POSTGRES_URL (a superuser's URL). Its TLS is
// turned on for the time of each test, with certificates made by the openssl command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "contract/test_databases.hpp"
#include "store/store.hpp"
#include "store_sql/postgres_connection.hpp"

namespace postern {
namespace {

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class PostgresTls : public testing::Test {
 protected:
  ~PostgresTls() override {
    for (const std::string setting : {"ssl", "ssl_cert_file", "ssl_key_file",
                                      "ssl_min_protocol_version", "ssl_max_protocol_version"}) {
      database_.sql("ALTER SYSTEM RESET " + setting);
    }
    reload_until("off");
  }

  static std::string sign(const std::string& path, const std::string& days) {
    return "openssl x509 -req -in " + path + ".csr -signkey " + path + ".key -days " + days +
           " -copy_extensions copy -out " + path + ".crt";
  }

  /// Makes NAME.crt for `host`, signed by itself, and NAME.key; negative days ended in the past.
  void make_certificate(const std::string& name, const std::string& host, int days) {
    const std::string path = files_.folder() + '/' + name;
    std::string signing = sign(path, std::to_string(days));
    // OpenSSL 3.5 refuses negative days, and 3.0 knows no dates.
    if (days < 0)
      signing = "{ " + signing + " || " +
                sign(path, "1 -not_before 20200101000000Z -not_after 20200102000000Z") + "; }";
    const std::string command =
        "(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " +
        path + ".key -out " + path + ".csr -subj /CN=" + host +
        " -addext subjectAltName=DNS:" + host + " && " + signing + ") >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  /// Turns the server's TLS on with the certificate NAME.
  void serve(const std::string& name) {
    for (const std::string kind : {"crt", "key"}) {
      database_.sql("COPY (SELECT unnest(string_to_array('" +
                    contents(files_.folder() + '/' + name + '.' + kind) +
                    "', E'\\n'))) TO PROGRAM 'umask 077; cat > tls_test." + kind + "'");
    }
    database_.sql("ALTER SYSTEM SET ssl_cert_file = 'tls_test.crt'");
    database_.sql("ALTER SYSTEM SET ssl_key_file = 'tls_test.key'");
    database_.sql("ALTER SYSTEM SET ssl = on");
    reload_until("on");
  }

  void reload_until(const std::string& ssl) {
    database_.sql("SELECT pg_reload_conf()");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    // A new connection each time: the server's own view of its settings.
    while (database_.sql("SHOW ssl") != ssl) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "ssl is not " << ssl;
    }
  }

  /// Towards `host`, with TLS checked in full against the certificate NAME.
  Result<PostgresConnection> connect(const std::string& host, const std::string& name) {
    return PostgresConnection::open(PostgresDatabase::url_with(
        "host=" + host + "&hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=" + files_.folder() +
        '/' + name + ".crt"));
  }

  SqliteDatabase files_;
  PostgresDatabase database_;
};

TEST_F(PostgresTls, X2_the_certificate_and_its_host_name_are_checked) {
  make_certificate("server", "localhost", 1);
  make_certificate("unknown-ca", "localhost", 1);
  serve("server");
  auto trusted = connect("localhost", "server");
  ASSERT_TRUE(trusted) << trusted.error().cause;
  auto version =
      trusted->execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl");
  ASSERT_TRUE(version);
  EXPECT_THAT(std::string(version->text(0, 0)), testing::AnyOf("TLSv1.2", "TLSv1.3"));

  EXPECT_THAT(connect("localhost", "unknown-ca").error().cause, testing::HasSubstr("certificate"));
  EXPECT_THAT(connect("other.example", "server").error().cause,
              testing::HasSubstr("does not match host name"));
}

TEST_F(PostgresTls, X2_an_expired_certificate_is_refused) {
  make_certificate("expired", "localhost", -1);
  serve("expired");
  const auto refused = connect("localhost", "expired");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, store_error::kUnavailable);
  EXPECT_THAT(refused.error().cause, testing::HasSubstr("certificate"));
}

TEST_F(PostgresTls, X2_nothing_below_TLS_1_2) {
  make_certificate("server", "localhost", 1);
  database_.sql("ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1'");
  database_.sql("ALTER SYSTEM SET ssl_max_protocol_version = 'TLSv1.1'");
  serve("server");
  EXPECT_EQ(connect("localhost", "server").error().code, store_error::kUnavailable);
}

}  // namespace
}  // namespace postern
