#include "store_sql/sqlite_statements.hpp"

#include <array>

#include "store_sql/account_tables.hpp"
#include "store_sql/mail_tables.hpp"
#include "store_sql/statement_text.hpp"

namespace postern {
namespace {

using Text = StatementText<SqliteSql>;

std::string value_of(std::size_t index, const Column& column) {
  const std::string parameter = '?' + std::to_string(index + 1);
  return column.role == ColumnRole::kNullable ? "nullif(" + parameter + ", '')" : parameter;
}

std::string insert(const ColumnList& columns) {
  return "(" + names_of(columns) + ") VALUES (" + values_of(columns, value_of) + ')';
}

std::string update(const ColumnList& columns) {
  std::string where;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].role != ColumnRole::kKey && columns[i].role != ColumnRole::kRevision) continue;
    if (!where.empty()) where += " AND ";
    where += std::string(columns[i].name) + " = " + value_of(i, columns[i]);
  }
  return "SET " + assignments_of(columns, value_of) + " WHERE " + where;
}

constexpr std::array kTexts{
    Text{SqliteSql::kBegin, "BEGIN IMMEDIATE"},
    Text{SqliteSql::kCommit, "COMMIT"},
    Text{SqliteSql::kRollback, "ROLLBACK"},
    Text{SqliteSql::kFindAccountByKey, "SELECT {columns} FROM account WHERE email_key = ?1",
         columns_of<AccountTable>},
    Text{SqliteSql::kFindAccount, "SELECT {columns} FROM account WHERE id = ?1",
         columns_of<AccountTable>},
    Text{SqliteSql::kListAccounts,
         "SELECT {columns} FROM account WHERE id > ?1 AND (?2 = '' OR state = ?2) ORDER BY id "
         "LIMIT ?3",
         columns_of<AccountTable>},
    Text{SqliteSql::kInsertAccount, "INSERT INTO account {insert}", columns_of<AccountTable>},
    Text{SqliteSql::kUpdateAccount, "UPDATE account {update}", columns_of<AccountTable>},
    Text{SqliteSql::kInsertOutbox, "INSERT INTO outbox {insert}", columns_of<OutboxTable>},
    Text{SqliteSql::kInsertAudit, "INSERT INTO audit {insert}", columns_of<AuditTable>},
    Text{SqliteSql::kFindAudit,
         "SELECT {columns} FROM audit WHERE id >= ?2 AND id < ?3 AND account_id = ?1"
         " ORDER BY id DESC LIMIT ?4",
         columns_of<AuditTable>},
    Text{SqliteSql::kOldestAudit, "SELECT {columns} FROM audit WHERE id > '' ORDER BY id LIMIT 1",
         columns_of<AuditTable>},
    Text{SqliteSql::kInsertMailState,
         "INSERT INTO mail_state (account_id, mail_id, kind, state, changed_at)"
         " VALUES (?1, ?2, ?3, 'queued', ?4)"},
    Text{SqliteSql::kUpdateMailState,
         "UPDATE mail_state SET state = ?3, changed_at = ?4, next_try_at = ?5, reason = ?6,"
         " relay = ?7"
         " WHERE account_id = ?1 AND mail_id = ?2 AND state <> 'sent'"
         " AND (?3 = 'sent' OR state = 'queued' OR changed_at <= ?4)"},
    Text{SqliteSql::kDeleteMailStates, "DELETE FROM mail_state WHERE account_id = ?1"},
    Text{SqliteSql::kFindMailStates,
         "SELECT {columns} FROM mail_state WHERE account_id = ?1 ORDER BY mail_id DESC LIMIT ?2",
         columns_of<MailStateTable>},
    Text{SqliteSql::kFindExternalId,
         "SELECT {columns} FROM account_external_id WHERE external_id = ?1",
         columns_of<ExternalIdTable>},
    Text{SqliteSql::kExternalIdOf,
         "SELECT {columns} FROM account_external_id WHERE account_id = ?1",
         columns_of<ExternalIdTable>},
    Text{SqliteSql::kAddExternalId, "INSERT INTO account_external_id {insert}",
         columns_of<ExternalIdTable>},
    Text{SqliteSql::kRemoveExternalId, "DELETE FROM account_external_id WHERE account_id = ?1"},
    Text{
        SqliteSql::kClaimOutbox,
        "UPDATE outbox SET leased_until = ?2, lease_owner = ?3, claims = claims + ?5 WHERE rowid IN"
        " (SELECT rowid FROM ("
        " SELECT * FROM (SELECT rowid FROM outbox WHERE dead_at IS NULL AND priority = ?6"
        " AND available_at <= ?1 AND (leased_until <= ?1 OR leased_until > ?2 + 3600000)"
        " ORDER BY available_at LIMIT ?4)"
        " UNION ALL"
        " SELECT * FROM (SELECT rowid FROM outbox WHERE dead_at IS NULL AND priority = ?7"
        " AND available_at <= ?1 AND (leased_until <= ?1 OR leased_until > ?2 + 3600000)"
        " ORDER BY available_at LIMIT ?4)"
        " UNION ALL"
        " SELECT * FROM (SELECT rowid FROM outbox WHERE dead_at IS NULL AND priority = ?8"
        " AND available_at <= ?1 AND (leased_until <= ?1 OR leased_until > ?2 + 3600000)"
        " ORDER BY available_at LIMIT ?4)"
        ") LIMIT ?4)"
        " RETURNING {columns}",
        columns_of<ClaimedTable>},
    Text{
        SqliteSql::kClaimOutboxAhead,
        "UPDATE outbox SET leased_until = ?2, lease_owner = ?3, claims = claims + ?5 WHERE rowid IN"
        " (SELECT rowid FROM outbox WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
        " AND available_at > ?1 AND created_at > ?1 AND (leased_until <= ?1 OR leased_until > ?2 + "
        "3600000)"
        " ORDER BY priority, available_at LIMIT ?4)"
        " RETURNING {columns}",
        columns_of<ClaimedTable>},
    Text{SqliteSql::kEndLeases,
         "UPDATE outbox INDEXED BY outbox_waiting SET leased_until = 0, lease_owner = NULL"
         " WHERE dead_at IS NULL AND leased_until > 0"},
    Text{SqliteSql::kDeleteOutbox, "DELETE FROM outbox WHERE id = ?1"},
    Text{
        SqliteSql::kDeferOutbox,
        "UPDATE outbox SET available_at = ?2, attempts = ?3, reason = ?4, leased_until = 0,"
        " lease_owner = NULL, claims = 0, unknown_outcomes = ?5 WHERE id = ?1 AND dead_at IS NULL"},
    Text{SqliteSql::kDeadLetterOutbox,
         "UPDATE outbox SET dead_at = ?2, attempts = ?3, reason = ?4, leased_until = 0,"
         " lease_owner = NULL WHERE id = ?1 AND dead_at IS NULL"},
    Text{SqliteSql::kReleaseOutbox,
         "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
         " WHERE id = ?1 AND dead_at IS NULL"},
    Text{SqliteSql::kCountOutbox,
         "SELECT min(?1, count(*) + (SELECT coalesce(sum(unresolved), 0) FROM mail_request"
         " WHERE id > '')) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT ?1)"},
    Text{SqliteSql::kRemoveAccount, "DELETE FROM account WHERE id = ?1 AND revision = ?2"},
    Text{SqliteSql::kFindSessions,
         "SELECT {columns} FROM session WHERE account_id = ?1 ORDER BY created_at, id",
         columns_of<SessionTable>},
    Text{SqliteSql::kInsertSession, "INSERT INTO session {insert}", columns_of<SessionTable>},
    Text{SqliteSql::kUpdateSession, "UPDATE session {update}", columns_of<SessionTable>},
    Text{SqliteSql::kRemoveSession, "DELETE FROM session WHERE id = ?1"},
    Text{SqliteSql::kEndSessions, "DELETE FROM session WHERE account_id = ?1 AND id <> ?2"},
    Text{SqliteSql::kTakeThrottle,
         "INSERT INTO login_throttle (key, failures, next_at) VALUES (?1, 0, 0)"
         " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING {columns}",
         columns_of<ThrottleTable>},
    Text{SqliteSql::kPutThrottle, "UPDATE login_throttle {update}", columns_of<ThrottleTable>},
    Text{SqliteSql::kClearThrottle, "DELETE FROM login_throttle WHERE key = ?1"},
    Text{SqliteSql::kRefundThrottle,
         "UPDATE login_throttle SET failures = max(failures - ?2, 0), next_at = ?3 WHERE key = ?1"},
    Text{SqliteSql::kSigningKeys, "SELECT {columns} FROM signing_key ORDER BY created_at, kid",
         columns_of<SigningKeyTable>},
    Text{SqliteSql::kPutSigningKey,
         "INSERT INTO signing_key {insert} ON CONFLICT (kid) DO UPDATE SET activates_at = "
         "excluded.activates_at,"
         " retired_at = excluded.retired_at, revoked_at = excluded.revoked_at",
         columns_of<SigningKeyTable>},
    Text{SqliteSql::kClients, "SELECT {columns} FROM client ORDER BY id", columns_of<ClientTable>},
    Text{SqliteSql::kInsertClient, "INSERT INTO client {insert}", columns_of<ClientTable>},
    Text{SqliteSql::kRemoveClient, "DELETE FROM client WHERE id = ?1"},
    Text{SqliteSql::kUseAssertion,
         "INSERT INTO used_assertion (key, expires_at) VALUES (?1, ?2) ON CONFLICT (key)"
         " DO UPDATE SET expires_at = excluded.expires_at WHERE used_assertion.expires_at <= ?3"},
    Text{SqliteSql::kRemoveAssertions,
         "DELETE FROM used_assertion WHERE key IN"
         " (SELECT key FROM used_assertion WHERE expires_at <= ?1 LIMIT ?2)"},
    Text{SqliteSql::kRemoveExpiredSessions,
         "DELETE FROM session WHERE rowid IN"
         " (SELECT rowid FROM session WHERE expires_at < ?1 LIMIT ?2)"},
    Text{SqliteSql::kRemoveExpiredThrottles,
         "DELETE FROM login_throttle WHERE rowid IN"
         " (SELECT rowid FROM login_throttle WHERE next_at < max(?1, coalesce((SELECT next_at"
         " FROM login_throttle ORDER BY next_at DESC LIMIT 1 OFFSET ?3), 0)) LIMIT ?2)"},
    Text{SqliteSql::kRemoveExpiredAudit,
         "DELETE FROM audit WHERE id IN"
         " (SELECT id FROM audit WHERE id < ?1 AND at < ?2 ORDER BY id LIMIT ?3)"},
    Text{SqliteSql::kMailStatesPage,
         "SELECT account_id, mail_id FROM mail_state WHERE (account_id, mail_id) > (?1, ?2)"
         " ORDER BY account_id, mail_id LIMIT 1 OFFSET ?3"},
    Text{SqliteSql::kRemoveExpiredMailStates,
         "DELETE FROM mail_state WHERE (account_id, mail_id) > (?1, ?2)"
         " AND (account_id, mail_id) <= (?3, ?4) AND changed_at < ?5"
         " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = mail_state.mail_id)"},
    Text{SqliteSql::kCountDead, "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL"},
    // A look into the index for each priority.
    Text{
        SqliteSql::kMeasureBacklog,
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NOT NULL LIMIT ?1)),"
        " (SELECT coalesce(min(due), 0) FROM ("
        "SELECT min(available_at) AS due FROM outbox WHERE dead_at IS NULL AND priority = 0"
        " UNION ALL SELECT min(available_at) FROM outbox WHERE dead_at IS NULL AND priority = 1"
        " UNION ALL SELECT min(available_at) FROM outbox WHERE dead_at IS NULL AND priority = 2))"},
    Text{SqliteSql::kCountDue,
         "SELECT count(*), count(*) FILTER (WHERE leased_until > ?3),"
         " count(*) FILTER (WHERE leased_until <= ?3 AND priority = 2) FROM outbox"
         " WHERE dead_at IS NULL AND priority IN (0, 1, 2) AND available_at > ?1 AND available_at "
         "<= ?2"},
    Text{SqliteSql::kFindDead,
         "SELECT {columns} FROM outbox WHERE dead_at IS NOT NULL"
         " AND (dead_at, id) > (?1, ?2) ORDER BY dead_at, id LIMIT ?3",
         columns_of<DeadTable>},
    Text{SqliteSql::kReplayDead,
         "UPDATE outbox SET body = ?2, available_at = ?3, attempts = 0, dead_at = NULL, reason = "
         "NULL,"
         " leased_until = 0, lease_owner = NULL, claims = 0, unknown_outcomes = 0"
         " WHERE id = ?1 AND dead_at IS NOT NULL"},
    Text{SqliteSql::kDropDead, "DELETE FROM outbox WHERE id = ?1 AND dead_at IS NOT NULL"},
    Text{SqliteSql::kInsertRequests,
         "INSERT INTO mail_request (id, requests, unresolved, leased_until) VALUES (?1, ?2, ?3, "
         "?4)"},
    Text{SqliteSql::kFindUnresolved, "SELECT {columns} FROM mail_request WHERE id = ?1",
         columns_of<ResolvedTable>},
    Text{SqliteSql::kRemoveRequests, "DELETE FROM mail_request WHERE id = ?1"},
    Text{SqliteSql::kResolveRequests,
         "UPDATE mail_request SET unresolved = unresolved - ?2, resolved = resolved || ?3"
         " WHERE id = ?1"},
    Text{SqliteSql::kRemoveResolved, "DELETE FROM mail_request WHERE id = ?1 AND unresolved <= 0"},
    Text{SqliteSql::kClaimRequests,
         "UPDATE mail_request SET leased_until = ?2 WHERE id IN"
         " (SELECT id FROM mail_request"
         " WHERE id > ?5 AND (?4 OR leased_until <= ?1 OR leased_until > ?2 + 3600000)"
         " ORDER BY id LIMIT ?3)"
         " RETURNING {columns}",
         columns_of<RequestTable>},
};
static_assert(has_each_in_order(kTexts, kSqliteSqlCount));

}  // namespace

std::string text_of(SqliteSql which) {
  return expanded(kTexts[static_cast<std::size_t>(which)], {insert, update});
}

}  // namespace postern
