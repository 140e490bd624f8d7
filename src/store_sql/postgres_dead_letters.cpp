// PostgresStore: what an operator does with the outbox.
#include "store_sql/postgres_outbox_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/row_codec.hpp"

namespace postern {

namespace sql = postgres_sql;

Result<OutboxCensus> PostgresStore::count_states(TimePoint now, std::span<const Duration> within) {
  send(sql::kCountDead, {});
  for (std::int64_t from = -1; const auto end : census_ends(now, within)) {
    send(sql::kCountDue, PostgresParameters().bigint(from).bigint(end).bigint(to_unix_ms(now)));
    from = end;
  }
  auto results = receive();
  if (!results) return results.error();
  OutboxCensus census;
  census.dead = results->front().integer(0, 0);
  std::vector<std::int64_t> free;
  for (std::size_t i = 1; i < results->size(); ++i) {
    const auto leased = (*results)[i].integer(0, 1);
    census.leased += leased;
    free.push_back((*results)[i].integer(0, 0) - leased);
  }
  census.waiting = free.front();
  census.bulk = (*results)[1].integer(0, 2);
  census.deferred.assign(free.begin() + 1, free.end());
  return census;
}

Result<std::vector<DeadRow>> PostgresStore::find_dead(const DeadRow* after, std::size_t limit) {
  send(sql::kFindDead, PostgresParameters()
                           .bigint(after ? to_unix_ms(after->dead_at) : 0)
                           .text(after ? std::string_view(after->row.id) : std::string_view())
                           .bigint(static_cast<std::int64_t>(limit)));
  auto results = receive();
  if (!results) return results.error();
  std::vector<DeadRow> rows;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    rows.push_back(read_dead_row(RowView{found, row}));
  }
  return rows;
}

Status PostgresStore::replay_dead(std::span<const DeadReplay> rows, TimePoint now) {
  if (auto checked = check_text(rows); !checked) return checked;
  if (rows.empty()) return {};
  send(sql::kReplayDead,
       PostgresParameters()
           .texts(rows, [](const DeadReplay& r) { return std::string_view(r.id); })
           .texts(rows, [](const DeadReplay& r) { return std::string_view(r.body); })
           .bigint(to_unix_ms(now)));
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Status PostgresStore::drop_dead(std::span<const std::string> ids) {
  if (auto checked = check_text(ids); !checked) return checked;
  if (ids.empty()) return {};
  send(sql::kDropDead,
       PostgresParameters().texts(ids, [](const std::string& id) { return std::string_view(id); }));
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

}  // namespace postern
