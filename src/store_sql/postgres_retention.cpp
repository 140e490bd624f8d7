// PostgresStore: what reads and removes the past.
#include "base/ids.hpp"
#include "store_sql/mail_tables.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

Result<std::vector<AuditEntry>> PostgresStore::find_audit(const AuditSpan& span) {
  send(PostgresSql::kFindAudit,
       PostgresParameters::of(span.account_id, id_bound(span.from), id_bound(span.to), span.limit));
  return receive_rows<AuditTable>();
}

Result<std::optional<AuditEntry>> PostgresStore::oldest_audit() {
  send(PostgresSql::kOldestAudit);
  auto entries = receive_rows<AuditTable>();
  if (!entries) return entries.error();
  if (entries->empty()) return std::optional<AuditEntry>();
  return std::optional(std::move(entries->front()));
}

Result<std::int64_t> PostgresStore::remove_expired_audit(TimePoint before, std::int64_t limit) {
  send(PostgresSql::kRemoveExpiredAudit, PostgresParameters::of(id_bound(before), before, limit));
  const auto results = receive();
  if (!results) return results.error();
  return results->front().affected();
}

Result<std::optional<MailStatePlace>> PostgresStore::remove_expired_mail_states(
    TimePoint before, const MailStatePlace& after, std::int64_t limit) {
  send(PostgresSql::kMailStatesPage,
       PostgresParameters::of(after.account_id, after.mail_id, limit - 1));
  auto results = receive();
  if (!results) return results.error();
  std::optional<MailStatePlace> end;
  if (results->front().rows() > 0) {
    const RowView row{results->front(), 0};
    end = {std::string(row.text(0)), std::string(row.text(1))};
  }
  const MailStatePlace last = end.value_or(last_mail_state_place());
  send(PostgresSql::kRemoveExpiredMailStates,
       PostgresParameters::of(after.account_id, after.mail_id, last.account_id, last.mail_id,
                              before));
  if (auto removed = done(); !removed) return removed.error();
  return end;
}

}  // namespace postern
