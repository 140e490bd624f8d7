// PostgresStore: what an operator does with the outbox.
#include "store_sql/mail_tables.hpp"
#include "store_sql/outbox_rows.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

Result<OutboxCensus> PostgresStore::count_states(TimePoint now, std::span<const Duration> within) {
  send(PostgresSql::kCountDead);
  for (TimePoint from = kBeforeAllTime; const auto end : census_ends(now, within)) {
    send(PostgresSql::kCountDue, PostgresParameters::of(from, end, now));
    from = end;
  }
  auto results = receive();
  if (!results) return results.error();
  OutboxCensus census;
  census.dead = results->front().integer(0, 0);
  for (std::size_t i = 1; i < results->size(); ++i) {
    const auto& due = (*results)[i];
    add_due(census, {due.integer(0, 0), due.integer(0, 1), due.integer(0, 2)}, i == 1);
  }
  return census;
}

Result<OutboxBacklog> PostgresStore::measure_backlog(std::int64_t dead_cap) {
  send(PostgresSql::kMeasureBacklog, PostgresParameters::of(dead_cap));
  auto results = receive();
  if (!results) return results.error();
  const auto& row = results->front();
  OutboxBacklog backlog{.dead = row.integer(0, 0)};
  if (row.integer(0, 1) != 0) backlog.oldest_due = from_unix_ms(row.integer(0, 1));
  return backlog;
}

Result<std::vector<DeadRow>> PostgresStore::find_dead(const DeadRow* after, std::size_t limit) {
  const auto dead_at = after ? after->dead_at : TimePoint();
  const auto id = after ? std::string_view(after->row.id) : std::string_view();
  send(PostgresSql::kFindDead, PostgresParameters::of(dead_at, id, limit));
  return receive_rows<DeadTable>();
}

Status PostgresStore::replay_dead(std::span<const DeadReplay> rows, TimePoint now) {
  if (rows.empty()) return {};
  send(
      PostgresSql::kReplayDead,
      PostgresParameters().array(rows, &DeadReplay::id).array(rows, &DeadReplay::body).scalar(now));
  return done();
}

Status PostgresStore::drop_dead(std::span<const std::string> ids) {
  if (ids.empty()) return {};
  send(PostgresSql::kDropDead, PostgresParameters().array(ids));
  return done();
}

}  // namespace postern
