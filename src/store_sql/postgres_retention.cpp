// PostgresStore: what removes the past.
#include "base/ids.hpp"
#include "store_sql/postgres_retention_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/row_codec.hpp"

namespace postern {

namespace sql = postgres_sql;

Result<std::int64_t> PostgresStore::prune_audit(TimePoint before, std::int64_t limit) {
  send(sql::kPruneAudit,
       PostgresParameters().text(id_bound(before)).bigint(to_unix_ms(before)).bigint(limit));
  const auto results = receive();
  if (!results) return results.error();
  return results->front().affected();
}

Result<std::optional<MailStatePlace>> PostgresStore::prune_mail_states(TimePoint before,
                                                                       const MailStatePlace& after,
                                                                       std::int64_t limit) {
  send(sql::kMailStatesPage,
       PostgresParameters().text(after.account_id).text(after.mail_id).bigint(limit - 1));
  auto results = receive();
  if (!results) return results.error();
  std::optional<MailStatePlace> end;
  if (results->front().rows() > 0) {
    const RowView row{results->front(), 0};
    end = {std::string(row.text(0)), std::string(row.text(1))};
  }
  const MailStatePlace last = end.value_or(last_mail_state_place());
  send(sql::kPruneMailStates, PostgresParameters()
                                  .text(after.account_id)
                                  .text(after.mail_id)
                                  .text(last.account_id)
                                  .text(last.mail_id)
                                  .bigint(to_unix_ms(before)));
  results = receive();
  if (!results) return results.error();
  return end;
}

}  // namespace postern
