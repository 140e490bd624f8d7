// SqliteStore: what an operator does with the outbox.
#include "store_sql/mail_tables.hpp"
#include "store_sql/outbox_rows.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<OutboxCensus> SqliteStore::count_states(TimePoint now, std::span<const Duration> within) {
  OutboxCensus census;
  auto counted = query(SqliteSql::kCountDead,
                       [&](const SqliteStatement& row) { census.dead = row.integer(0); });
  if (!counted) return counted.error();
  for (TimePoint from = kBeforeAllTime; const auto end : census_ends(now, within)) {
    const auto add = [&](const SqliteStatement& row) {
      add_due(census, {row.integer(0), row.integer(1), row.integer(2)}, from == kBeforeAllTime);
    };
    counted = query(SqliteSql::kCountDue, add, from, end, now);
    if (!counted) return counted.error();
    from = end;
  }
  return census;
}

Result<OutboxBacklog> SqliteStore::measure_backlog(std::int64_t dead_cap) {
  OutboxBacklog backlog;
  const auto read = [&](const SqliteStatement& row) {
    backlog.dead = row.integer(0);
    if (row.integer(1) != 0) backlog.oldest_due = from_unix_ms(row.integer(1));
  };
  if (auto done = query(SqliteSql::kMeasureBacklog, read, dead_cap); !done) return done.error();
  return backlog;
}

Result<std::vector<DeadRow>> SqliteStore::find_dead(const DeadRow* after, std::size_t limit) {
  std::vector<DeadRow> rows;
  const auto dead_at = after ? after->dead_at : TimePoint();
  const auto id = after ? std::string_view(after->row.id) : std::string_view();
  auto found = find_rows<DeadTable>(rows, SqliteSql::kFindDead, dead_at, id, limit);
  if (!found) return found.error();
  return rows;
}

Status SqliteStore::replay_dead(std::span<const DeadReplay> rows, TimePoint now) {
  for (const auto& row : rows) {
    if (auto done = run(SqliteSql::kReplayDead, row.id, row.body, now); !done) return done;
  }
  return {};
}

Status SqliteStore::drop_dead(std::span<const std::string> ids) {
  for (const auto& id : ids) {
    if (auto done = run(SqliteSql::kDropDead, id); !done) return done;
  }
  return {};
}

}  // namespace postern
