// Databases that a test has for itself: made empty, gone with the object.
//
// Thread contract: each object belongs to one test.
// PostgreSQL needs a private server, named by POSTERN_TEST_POSTGRES_URL (a superuser's URL); when
// that is missing the test fails.
#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace postern {

class SqliteDatabase {
 public:
  SqliteDatabase() {
    std::string folder = testing::TempDir() + "postern_sqlite_XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
  }
  ~SqliteDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  std::string folder() const { return folder_; }
  std::string path() const { return folder_ + "/postern.db"; }
  std::string url() const { return "sqlite://" + path(); }

 private:
  std::string folder_;
};

/// One database for the whole program, emptied for each test: making and dropping one costs the
/// server a checkpoint each time. Only one object may live at a time.
class PostgresDatabase {
 public:
  PostgresDatabase() {
    static const Shared shared;
    on_server("ALTER DATABASE " + name() + " RESET ALL");
    sql("DROP SCHEMA public CASCADE");
    sql("CREATE SCHEMA public");
  }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  /// The server's URL with `parameters` ("a=b&c=d") in place of the same ones before.
  static std::string url_with(const std::string& parameters) {
    const std::string server = server_url();
    const bool has_query = server.find('?') != std::string::npos;
    return server + (has_query ? '&' : '?') + parameters;
  }
  std::string url() const { return url_with("dbname=" + name()); }
  static std::string name() { return "postern_test_" + std::to_string(getpid()); }

  /// Runs a statement of the superuser in this database; its first value, or "".
  std::string sql(const std::string& statement) const { return run(url(), statement); }

  /// The same outside of this database.
  static void on_server(const std::string& statement) { run(server_url(), statement); }

  /// What a restart does to clients: they get an error and are cut off.
  void cut_connections() const {
    on_server("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" +
              name() + "'");
  }

 private:
  struct Shared {
    Shared() { on_server("CREATE DATABASE " + name() + " TEMPLATE template0"); }
    ~Shared() { on_server("DROP DATABASE " + name() + " WITH (FORCE)"); }
  };

  static std::string server_url() {
    const char* url = std::getenv("POSTERN_TEST_POSTGRES_URL");
    if (url == nullptr) throw std::runtime_error("POSTERN_TEST_POSTGRES_URL is not set");
    return url;
  }

  static std::string run(const std::string& url, const std::string& statement) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()),
                                                                  PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(), statement.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << PQerrorMessage(connection.get());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }
};

}  // namespace postern
