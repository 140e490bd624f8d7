#include "store_sql/migrate.hpp"

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "store_sql/migrations.hpp"
#include "store_sql/schema_session.hpp"

namespace postern {
namespace {

using Migrations = std::vector<Migration>;

/// The first migration that is missing, or nullptr when the schema is current.
Result<const Migration*> next_missing(SchemaSession& session, const Migrations& migrations) {
  const auto versions = session.versions();
  if (!versions) return versions.error();
  const auto newest = migrations.empty() ? 0 : migrations.back().version;
  if (!versions->empty() && *versions->rbegin() > newest) {
    return Error{"schema_newer", Retry::kNever,
                 "the schema has version " + std::to_string(*versions->rbegin()) +
                     ", this program knows " + std::to_string(newest)};
  }
  for (const auto& migration : migrations) {
    if (versions->count(migration.version) == 0) return &migration;
  }
  return static_cast<const Migration*>(nullptr);
}

/// Within a transaction that is alone: looks again, since another process may have been faster.
Result<const Migration*> apply_next(SchemaSession& session, const Migrations& migrations) {
  auto created = session.execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations "
      "(version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)");
  if (!created) return created.error();
  auto missing = next_missing(session, migrations);
  if (!missing || *missing == nullptr) return missing;
  if (auto done = session.execute((*missing)->sql); !done) return done.error();
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  auto recorded = session.record_version((*missing)->version, to_unix_ms(now));
  if (!recorded) return recorded.error();
  return missing;
}

}  // namespace

Result<MigrationReport> migrate(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url) return url.error();
  const auto migrations = migrations_for(url->kind);
  const auto session = open_schema_session(*url, SchemaSession::Mode::kMigrate);
  if (!session) return session.error();

  MigrationReport report;
  for (;;) {
    // A look without the lock first: nearly always there is nothing to do.
    const auto missing = next_missing(**session, migrations);
    if (!missing) return missing.error();
    if (*missing == nullptr) return report;
    if (auto begun = (*session)->begin_alone(); !begun) return begun.error();
    // The end of the session rolls a failed migration back.
    const auto applied = apply_next(**session, migrations);
    if (!applied) return applied.error();
    if (auto committed = (*session)->execute("COMMIT"); !committed) return committed.error();
    if (*applied != nullptr) report.applied.push_back((*applied)->name);
  }
}

Result<SchemaState> schema_state(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url) return url.error();
  const auto session = open_schema_session(*url, SchemaSession::Mode::kLook);
  if (!session) return session.error();
  if (*session == nullptr) return SchemaState::kMissing;
  const auto versions = (*session)->versions();
  if (!versions) return versions.error();
  if (versions->empty()) return SchemaState::kMissing;
  const auto missing = next_missing(**session, migrations_for(url->kind));
  if (!missing) return missing.error();
  return *missing == nullptr ? SchemaState::kCurrent : SchemaState::kOlder;
}

Result<bool> schema_is_current(const std::string& database_url) {
  const auto state = schema_state(database_url);
  if (!state) return state.error();
  return *state == SchemaState::kCurrent;
}

Result<bool> has_schema(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url) return url.error();
  const auto session = open_schema_session(*url, SchemaSession::Mode::kLook);
  if (!session) return session.error();
  if (*session == nullptr) return false;
  const auto versions = (*session)->versions();
  if (!versions) return versions.error();
  return !versions->empty();
}

}  // namespace postern
