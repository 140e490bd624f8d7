// SqliteStore: what reads and removes the past.
#include "base/ids.hpp"
#include "store_sql/mail_tables.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<std::vector<AuditEntry>> SqliteStore::find_audit(const AuditSpan& span) {
  std::vector<AuditEntry> entries;
  auto found = find_rows<AuditTable>(entries, SqliteSql::kFindAudit, span.account_id,
                                     id_bound(span.from), id_bound(span.to), span.limit);
  if (!found) return found.error();
  return entries;
}

Result<std::optional<AuditEntry>> SqliteStore::oldest_audit() {
  std::vector<AuditEntry> entries;
  auto found = find_rows<AuditTable>(entries, SqliteSql::kOldestAudit);
  if (!found) return found.error();
  if (entries.empty()) return std::optional<AuditEntry>();
  return std::optional(std::move(entries.front()));
}

Result<std::int64_t> SqliteStore::remove_expired_audit(TimePoint before, std::int64_t limit) {
  const auto removed = run(SqliteSql::kRemoveExpiredAudit, id_bound(before), before, limit);
  if (!removed) return removed.error();
  return session_->db.changes();
}

Result<std::optional<MailStatePlace>> SqliteStore::remove_expired_mail_states(
    TimePoint before, const MailStatePlace& after, std::int64_t limit) {
  std::optional<MailStatePlace> end;
  const auto read_end = [&](const SqliteStatement& row) {
    end = {std::string(row.text(0)), std::string(row.text(1))};
  };
  const auto found =
      query(SqliteSql::kMailStatesPage, read_end, after.account_id, after.mail_id, limit - 1);
  if (!found) return found.error();
  const MailStatePlace last = end.value_or(last_mail_state_place());
  const auto removed = run(SqliteSql::kRemoveExpiredMailStates, after.account_id, after.mail_id,
                           last.account_id, last.mail_id, before);
  if (!removed) return removed.error();
  return end;
}

}  // namespace postern
