// PostgresStore: what an operator does with the outbox.
#include "store_sql/postgres_outbox_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/row_codec.hpp"

namespace postern {

namespace sql = postgres_sql;

Result<OutboxCensus> PostgresStore::count_states(TimePoint now, std::span<const Duration> within) {
  send(sql::kCountStates, PostgresParameters().bigint(to_unix_ms(now)));
  auto results = receive();
  if (!results) return results.error();
  OutboxCensus census;
  census.deferred.resize(within.size());
  const auto& groups = results->front();
  for (int row = 0; row < groups.rows(); ++row) {
    add_to_census(census, groups.integer(row, 0), groups.integer(row, 1), within);
  }
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
