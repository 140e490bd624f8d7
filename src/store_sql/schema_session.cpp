#include "store_sql/schema_session.hpp"

#include <filesystem>

#include "base/limits.hpp"
#include "store_sql/postgres_connection.hpp"
#include "store_sql/sqlite_connection.hpp"

namespace postern {
namespace {

class SqliteSchema final : public SchemaSession {
 public:
  explicit SqliteSchema(SqliteConnection db) : db_(std::move(db)) {}

  Status begin_alone() override { return db_.execute("BEGIN IMMEDIATE"); }
  Status execute(const std::string& sql) override { return db_.execute(sql); }

  Result<std::int64_t> number(const std::string& sql) override {
    std::int64_t value = 0;
    auto status = select(sql, [&](std::int64_t found) { value = found; });
    if (!status) return status.error();
    return value;
  }

  Result<std::set<std::int64_t>> versions() override {
    std::set<std::int64_t> versions;
    std::int64_t tables = 0;
    auto status = select("SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'",
                         [&](std::int64_t count) { tables = count; });
    if (status && tables > 0) {
      status = select("SELECT version FROM schema_migrations",
                      [&](std::int64_t version) { versions.insert(version); });
    }
    if (!status) return status.error();
    return versions;
  }

  Status record_version(std::int64_t version, std::int64_t applied_at_unix_ms) override {
    auto insert =
        db_.prepare("INSERT INTO schema_migrations (version, applied_at) VALUES (?1, ?2)");
    if (!insert) return insert.error();
    insert->bind(version, applied_at_unix_ms);
    return insert->run() == SQLITE_DONE ? Status{} : Status{db_.last_error()};
  }

 private:
  template <class Visit>
  Status select(const std::string& sql, Visit visit) {
    auto query = db_.prepare(sql);
    if (!query) return query.error();
    const int code = query->each_row([&](const SqliteStatement& row) { visit(row.integer(0)); });
    return code == SQLITE_DONE ? Status{} : Status{db_.last_error()};
  }

  SqliteConnection db_;
};

class PostgresSchema final : public SchemaSession {
 public:
  explicit PostgresSchema(PostgresConnection connection) : connection_(std::move(connection)) {}

  Status begin_alone() override {
    const auto timeout_ms = std::chrono::milliseconds(limits::kMigrationLockTimeout).count();
    // Settings and lock are the transaction's own: behind a pooler the session is not ours. Any
    // number will do for the lock, as long as every version of the program takes the same one.
    return execute("BEGIN; SET LOCAL lock_timeout = " + std::to_string(timeout_ms) +
                   "; SELECT pg_advisory_xact_lock(7308332045871)");
  }

  Status execute(const std::string& sql) override {
    auto result = connection_.execute(sql);
    return result ? Status{} : Status{result.error()};
  }

  Result<std::int64_t> number(const std::string& sql) override {
    auto result = connection_.execute(sql);
    if (!result) return result.error();
    return result->rows() == 1 ? result->integer(0, 0) : 0;
  }

  Result<std::set<std::int64_t>> versions() override {
    std::set<std::int64_t> versions;
    auto table = connection_.execute("SELECT to_regclass('schema_migrations')");
    if (!table) return table.error();
    if (table->text(0, 0).empty()) return versions;
    auto rows = connection_.execute("SELECT version FROM schema_migrations");
    if (!rows) return rows.error();
    for (int row = 0; row < rows->rows(); ++row) versions.insert(rows->integer(row, 0));
    return versions;
  }

  Status record_version(std::int64_t version, std::int64_t applied_at_unix_ms) override {
    auto recorded = connection_.execute(
        "INSERT INTO schema_migrations (version, applied_at) VALUES ($1::bigint, $2::bigint)",
        PostgresParameters::of(version, applied_at_unix_ms));
    return recorded ? Status{} : Status{recorded.error()};
  }

 private:
  PostgresConnection connection_;
};

}  // namespace

Result<std::unique_ptr<SchemaSession>> open_schema_session(const DatabaseUrl& url,
                                                           SchemaSession::Mode mode) {
  if (url.kind == DatabaseUrl::Kind::kPostgres) {
    auto connection = PostgresConnection::open(url.location);
    if (!connection) return connection.error();
    return std::unique_ptr<SchemaSession>(new PostgresSchema(*std::move(connection)));
  }
  std::error_code ignored;
  const bool exists = std::filesystem::exists(url.location, ignored);
  if (mode == SchemaSession::Mode::kLook && !exists) return std::unique_ptr<SchemaSession>();
  auto db = SqliteConnection::open(url.location, mode == SchemaSession::Mode::kMigrate
                                                     ? SqliteConnection::Mode::kCreate
                                                     : SqliteConnection::Mode::kExisting);
  if (!db) return db.error();
  return std::unique_ptr<SchemaSession>(new SqliteSchema(*std::move(db)));
}

}  // namespace postern
