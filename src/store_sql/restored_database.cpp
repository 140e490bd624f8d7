#include "store_sql/restored_database.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "model/credential_version.hpp"
#include "store_sql/schema_session.hpp"

namespace postern {
namespace {

using credential_version::kChangesPerEpoch;
using std::chrono::steady_clock;

constexpr auto kOthersEnd = std::chrono::seconds(3);
constexpr auto kOthersPoll = std::chrono::milliseconds(50);

struct Step {
  SchemaSession& session;
  DatabaseUrl::Kind kind;
  const RestoreOptions& options;
};

Status refuse_others(const Step& step);
Result<RestoreReport> count_rows(const Step& step);
Status execute_all(const Step& step, std::int64_t base);
std::string move_jobs(DatabaseUrl::Kind kind, const std::string& base);
std::vector<std::string> drop_mail(const std::string& now_ms);

}  // namespace

Result<RestoreReport> secure_restored(const std::string& database_url,
                                      const RestoreOptions& options) {
  const auto url = parse_database_url(database_url);
  if (!url) return url.error();
  const auto session = open_schema_session(*url, SchemaSession::Mode::kMigrate);
  if (!session) return session.error();
  const Step step{**session, url->kind, options};
  // The end of the session rolls back what failed.
  if (auto begun = step.session.begin_alone(); !begun) return begun.error();
  if (auto alone = refuse_others(step); !alone) return alone.error();
  auto report = count_rows(step);
  if (!report) return report;
  const auto largest =
      step.session.number("SELECT coalesce(max(credential_version), 0) FROM account");
  if (!largest) return largest.error();
  // Also ahead of a restore that was made while the clock was ahead.
  const auto epoch = std::max(to_unix_s(options.now), credential_version::epoch_of(*largest) + 1);
  if (auto done = execute_all(step, epoch * kChangesPerEpoch); !done) return done.error();
  if (auto committed = step.session.execute("COMMIT"); !committed) return committed.error();
  return report;
}

namespace {

/// SQLite's callers hold the lock of the file (app/database_use.hpp). PostgreSQL ends the
/// connection of a program that has just ended a moment later.
Status refuse_others(const Step& step) {
  if (step.kind == DatabaseUrl::Kind::kSqlite) return {};
  const auto give_up_at = steady_clock::now() + kOthersEnd;
  for (;;) {
    const auto others = step.session.number(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()");
    if (!others) return others.error();
    if (*others == 0) return {};
    if (steady_clock::now() >= give_up_at) {
      return Error{"in_use", Retry::kLater,
                   "Postern has connections to the database (" + std::to_string(*others) +
                       "): stop app and worker first"};
    }
    std::this_thread::sleep_for(kOthersPoll);
    // A transaction sees the same connections until then.
    auto cleared = step.session.execute("DO 'BEGIN PERFORM pg_stat_clear_snapshot(); END'");
    if (!cleared) return cleared;
  }
}

Result<RestoreReport> count_rows(const Step& step) {
  const auto oldest_ms =
      std::to_string(to_unix_ms(step.options.now - Duration(limits::kMailJobLife)));
  const std::string waiting = "FROM outbox WHERE dead_at IS NULL AND ";
  RestoreReport report;
  const std::pair<std::int64_t*, std::string> counts[] = {
      {&report.accounts, "SELECT count(*) FROM account"},
      {&report.ended_sessions, "SELECT count(*) FROM session"},
      {&report.revoked_keys, "SELECT count(*) FROM signing_key WHERE revoked_at = 0"},
      {&report.emails,
       "SELECT count(*) + (SELECT CAST(coalesce(sum(unresolved), 0) AS BIGINT)"
       " FROM mail_request) " +
           waiting + "body <> ''"},
      {&report.expired_emails,
       "SELECT count(*) " + waiting + "body <> '' AND created_at <= " + oldest_ms},
      {&report.events, "SELECT count(*) " + waiting + "event <> ''"}};
  for (const auto& [count, sql] : counts) {
    const auto number = step.session.number(sql);
    if (!number) return number.error();
    *count = *number;
  }
  return report;
}

Status execute_all(const Step& step, std::int64_t base) {
  const std::string now_ms = std::to_string(to_unix_ms(step.options.now));
  const std::string changes = std::to_string(kChangesPerEpoch);
  std::vector<std::string> statements{
      // The revision as well: it counts every change of the row.
      "UPDATE account SET revision = revision + 1, credential_version = " + std::to_string(base) +
          " + credential_version % " + changes,
      "DELETE FROM session",
      "UPDATE signing_key SET revoked_at = " + now_ms + " WHERE revoked_at = 0"};
  if (step.options.drop_mail) {
    for (auto& statement : drop_mail(now_ms)) statements.push_back(std::move(statement));
  }
  statements.push_back(move_jobs(step.kind, std::to_string(base)));
  // The processes that held the leases do not run.
  statements.push_back(
      "UPDATE outbox SET leased_until = 0, lease_owner = NULL WHERE leased_until > 0");
  statements.push_back("UPDATE mail_request SET leased_until = 0");
  statements.push_back("INSERT INTO audit (id, at, action, outcome, request_id) VALUES ('" +
                       new_id(step.options.now) + "', " + now_ms + ", 'restore', 'done', '')");
  for (const auto& statement : statements) {
    if (auto done = step.session.execute(statement); !done) return done;
  }
  return {};
}

/// Dead letters as well, since they may be replayed. A body that is no job stays as it is.
std::string move_jobs(DatabaseUrl::Kind kind, const std::string& base) {
  const std::string changes = std::to_string(kChangesPerEpoch);
  if (kind == DatabaseUrl::Kind::kSqlite) {
    return "UPDATE outbox SET body = json_set(body, '$.credential_version', " + base +
           " + json_extract(body, '$.credential_version') % " + changes +
           ") WHERE CASE WHEN json_valid(body)"
           " THEN json_type(body, '$.credential_version') = 'integer' ELSE 0 END";
  }
  // Not by way of jsonb, which knows no NUL in a text. Within a text of the job the quotes have
  // backslashes, so that the pattern finds the member alone.
  return R"(UPDATE outbox SET body = regexp_replace(body, '"credential_version":[0-9]+',)"
         R"( '"credential_version":' || ()" +
         base + R"( + substring(body from '"credential_version":([0-9]+)')::bigint % )" + changes +
         R"()) WHERE body ~ '"credential_version":[0-9]{1,18}[,}]')";
}

/// Events of these emails' changes stay.
std::vector<std::string> drop_mail(const std::string& now_ms) {
  return {"UPDATE mail_state SET state = 'failed', next_try_at = 0, changed_at = " + now_ms +
              ", reason = 'dropped by a restore' WHERE (state = 'queued' OR state = 'deferred')"
              " AND mail_id IN (SELECT id FROM outbox WHERE dead_at IS NULL AND body <> '')",
          "DELETE FROM outbox WHERE dead_at IS NULL AND event = ''",
          "UPDATE outbox SET body = '' WHERE dead_at IS NULL", "DELETE FROM mail_request"};
}

}  // namespace
}  // namespace postern
