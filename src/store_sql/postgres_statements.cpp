#include "store_sql/postgres_statements.hpp"

#include <array>

#include "store_sql/account_tables.hpp"
#include "store_sql/mail_tables.hpp"
#include "store_sql/statement_text.hpp"

namespace postern {
namespace {

using Text = StatementText<PostgresSql>;

std::string value_of(std::size_t, const Column& column) {
  const std::string value = "new." + std::string(column.name);
  return column.role == ColumnRole::kNullable ? "nullif(" + value + ", '')" : value;
}

/// "FROM unnest($1::text[], …) AS new (id, …)"
std::string from_arrays(const ColumnList& columns) {
  std::string arrays;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) arrays += ", ";
    arrays += '$' + std::to_string(i + 1) + (columns[i].is_number ? "::bigint[]" : "::text[]");
  }
  return " FROM unnest(" + arrays + ") AS new (" + names_of(columns) + ')';
}

std::string insert(const ColumnList& columns) {
  return "(" + names_of(columns) + ") SELECT " + values_of(columns, value_of) +
         from_arrays(columns);
}

std::string update(const ColumnList& columns) {
  std::string where;
  for (const auto& column : columns) {
    if (column.role != ColumnRole::kKey && column.role != ColumnRole::kRevision) continue;
    const std::string name(column.name);
    where += (where.empty() ? "old." : " AND old.") + name + " = new." + name;
  }
  return "SET " + assignments_of(columns, value_of) + from_arrays(columns) + " WHERE " + where;
}

// Rows are locked in one order, of ids, addresses or keys, so that two batches never wait for each
// other.
constexpr std::array kTexts{
    Text{PostgresSql::kBegin, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"},
    Text{PostgresSql::kCommit, "COMMIT"},
    Text{PostgresSql::kRollback, "ROLLBACK"},
    // Locks in the order of ids, so that two batches never wait for each other.
    Text{PostgresSql::kFindAccounts,
         "SELECT {columns} FROM account"
         " WHERE email_key = ANY ($1::text[]) OR id = ANY ($2::text[]) ORDER BY id FOR UPDATE",
         columns_of<AccountTable>},
    Text{
        PostgresSql::kListAccounts,
        "SELECT {columns} FROM account"
        " WHERE id > $1::text AND ($2::text = '' OR state = $2::text) ORDER BY id LIMIT $3::bigint",
        columns_of<AccountTable>},
    // In the order of addresses, for the same reason: an address that another transaction is about
    // to take is waited for.
    Text{PostgresSql::kInsertAccounts,
         "INSERT INTO account {insert} ORDER BY new.email_key COLLATE \"C\" ON CONFLICT DO NOTHING",
         columns_of<AccountTable>},
    Text{PostgresSql::kUpdateAccounts, "UPDATE account AS old {update}", columns_of<AccountTable>},
    Text{PostgresSql::kRemoveAccounts,
         "DELETE FROM account USING unnest($1::text[], $2::bigint[]) AS old (id, revision)"
         " WHERE account.id = old.id AND account.revision = old.revision"},
    Text{PostgresSql::kInsertOutbox, "INSERT INTO outbox {insert}", columns_of<OutboxTable>},
    Text{PostgresSql::kInsertAudit, "INSERT INTO audit {insert}", columns_of<AuditTable>},
    Text{PostgresSql::kFindAudit,
         "SELECT {columns} FROM audit WHERE id >= $2::text AND id < $3::text"
         " AND account_id = $1::text ORDER BY id DESC LIMIT $4::bigint",
         columns_of<AuditTable>},
    Text{PostgresSql::kOldestAudit, "SELECT {columns} FROM audit ORDER BY id LIMIT 1",
         columns_of<AuditTable>},
    Text{PostgresSql::kInsertMailStates,
         "INSERT INTO mail_state (account_id, mail_id, kind, state, changed_at)"
         " SELECT new.account_id, new.mail_id, new.kind, 'queued', new.changed_at"
         " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])"
         " AS new (account_id, mail_id, kind, changed_at)"},
    // Locks in the order of the key, so that two batches never wait for each other.
    Text{PostgresSql::kUpdateMailStates,
         "WITH new AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[],"
         " $5::bigint[], $6::text[], $7::text[])"
         " AS given (account_id, mail_id, state, changed_at, next_try_at, reason, relay)),"
         " locked AS (SELECT old.account_id, old.mail_id FROM mail_state AS old JOIN new"
         " ON old.account_id = new.account_id AND old.mail_id = new.mail_id"
         " ORDER BY old.account_id, old.mail_id FOR UPDATE OF old)"
         " UPDATE mail_state AS old SET state = new.state, changed_at = new.changed_at,"
         " next_try_at = new.next_try_at, reason = new.reason,"
         " relay = new.relay FROM new JOIN locked"
         " ON locked.account_id = new.account_id AND locked.mail_id = new.mail_id"
         " WHERE old.account_id = new.account_id AND old.mail_id = new.mail_id"
         " AND old.state <> 'sent' AND (new.state = 'sent' OR old.state = 'queued'"
         " OR old.changed_at <= new.changed_at)"},
    Text{PostgresSql::kDeleteMailStates,
         "DELETE FROM mail_state WHERE account_id = ANY ($1::text[])"},
    Text{PostgresSql::kFindMailStates,
         "SELECT {columns} FROM mail_state"
         " WHERE account_id = $1::text ORDER BY mail_id DESC LIMIT $2::bigint",
         columns_of<MailStateTable>},
    Text{PostgresSql::kFindExternalIds,
         "SELECT {columns} FROM account_external_id"
         " WHERE external_id = ANY ($1::text[])",
         columns_of<ExternalIdTable>},
    Text{PostgresSql::kExternalIdsOf,
         "SELECT {columns} FROM account_external_id WHERE account_id = ANY ($1::text[])",
         columns_of<ExternalIdTable>},
    Text{PostgresSql::kAddExternalIds,
         "INSERT INTO account_external_id {insert}"
         " ORDER BY new.external_id COLLATE \"C\" ON CONFLICT DO NOTHING",
         columns_of<ExternalIdTable>},
    Text{PostgresSql::kRemoveExternalIds,
         "DELETE FROM account_external_id WHERE account_id = ANY ($1::text[])"},
    // By row address: the rows are locked, so they stay where they are until the update. The
    // classes come in the order of $6, $7, $8, each locked in a query of its own: a UNION locks
    // nothing.
    Text{PostgresSql::kClaimOutbox,
         "UPDATE outbox SET leased_until = $2::bigint, lease_owner = $3::text,"
         " claims = claims + $5::bigint WHERE ctid = ANY (ARRAY(SELECT ctid FROM ("
         " SELECT * FROM (SELECT ctid FROM outbox WHERE dead_at IS NULL AND priority = $6::bigint"
         " AND available_at <= $1::bigint"
         " AND (leased_until <= $1::bigint OR leased_until > $2::bigint + 3600000)"
         " ORDER BY available_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED) AS first UNION ALL"
         " SELECT * FROM (SELECT ctid FROM outbox WHERE dead_at IS NULL AND priority = $7::bigint"
         " AND available_at <= $1::bigint"
         " AND (leased_until <= $1::bigint OR leased_until > $2::bigint + 3600000)"
         " ORDER BY available_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED) AS second UNION ALL"
         " SELECT * FROM (SELECT ctid FROM outbox WHERE dead_at IS NULL AND priority = $8::bigint"
         " AND available_at <= $1::bigint"
         " AND (leased_until <= $1::bigint OR leased_until > $2::bigint + 3600000)"
         " ORDER BY available_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED) AS third"
         ") AS waiting LIMIT $4::bigint))"
         " RETURNING {columns}",
         columns_of<ClaimedTable>},
    // Rows from before the clock was set back.
    Text{PostgresSql::kClaimOutboxAhead,
         "UPDATE outbox SET leased_until = $2::bigint, lease_owner = $3::text,"
         " claims = claims + $5::bigint WHERE ctid = ANY (ARRAY("
         "SELECT ctid FROM outbox WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
         " AND available_at > $1::bigint AND created_at > $1::bigint"
         " AND (leased_until <= $1::bigint OR leased_until > $2::bigint + 3600000)"
         " ORDER BY priority, available_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED))"
         " RETURNING {columns}",
         columns_of<ClaimedTable>},
    Text{PostgresSql::kEndLeases,
         "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
         " WHERE dead_at IS NULL AND leased_until > 0"},
    Text{PostgresSql::kDeleteOutbox, "DELETE FROM outbox WHERE id = ANY ($1::text[])"},
    Text{PostgresSql::kDeferOutbox,
         "UPDATE outbox SET available_at = late.available_at, attempts = late.attempts,"
         " reason = late.reason, leased_until = 0, lease_owner = NULL, claims = 0,"
         " unknown_outcomes = late.unknown_outcomes"
         " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])"
         " AS late (id, available_at, attempts, reason, unknown_outcomes)"
         " WHERE outbox.id = late.id AND outbox.dead_at IS NULL"},
    Text{PostgresSql::kDeadLetterOutbox,
         "UPDATE outbox SET dead_at = $2::bigint, attempts = dead.attempts, reason = dead.reason,"
         " leased_until = 0, lease_owner = NULL"
         " FROM unnest($1::text[], $3::bigint[], $4::text[]) AS dead (id, attempts, reason)"
         " WHERE outbox.id = dead.id AND outbox.dead_at IS NULL"},
    Text{PostgresSql::kReleaseOutbox,
         "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
         " WHERE id = ANY ($1::text[]) AND dead_at IS NULL"},
    // Emails that wait to be sent, and requests that may become emails.
    Text{PostgresSql::kCountOutbox,
         "SELECT least($1::bigint,"
         " (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT $1::bigint) AS "
         "rows)"
         " + (SELECT coalesce(sum(unresolved), 0) FROM mail_request WHERE id > ''))::bigint"},
    // The accounts are locked, and with them all of their rows.
    Text{PostgresSql::kFindSessions,
         "SELECT {columns} FROM session"
         " WHERE account_id = ANY ($1::text[]) ORDER BY created_at, id",
         columns_of<SessionTable>},
    Text{PostgresSql::kInsertSessions, "INSERT INTO session {insert}", columns_of<SessionTable>},
    Text{PostgresSql::kUpdateSessions, "UPDATE session AS old {update}", columns_of<SessionTable>},
    Text{PostgresSql::kRemoveSessions, "DELETE FROM session WHERE id = ANY ($1::text[])"},
    Text{PostgresSql::kEndSessions,
         "DELETE FROM session USING unnest($1::text[], $2::text[]) AS ended (account_id, keep_id)"
         " WHERE session.account_id = ended.account_id AND session.id <> ended.keep_id"},
    // In the order of the list: two apps that take the same ones in one order cannot deadlock.
    Text{PostgresSql::kTakeThrottles,
         "INSERT INTO login_throttle (key, failures, next_at)"
         " SELECT key, 0, 0 FROM unnest($1::text[]) WITH ORDINALITY AS taken (key, place) ORDER BY "
         "place"
         " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING {columns}",
         columns_of<ThrottleTable>},
    Text{PostgresSql::kPutThrottles, "UPDATE login_throttle AS old {update}",
         columns_of<ThrottleTable>},
    Text{PostgresSql::kClearThrottles, "DELETE FROM login_throttle WHERE key = ANY ($1::text[])"},
    // Several refunds of one throttle are one.
    Text{PostgresSql::kRefundThrottles,
         "UPDATE login_throttle SET failures = greatest(login_throttle.failures - refund.failures, "
         "0),"
         " next_at = refund.next_at FROM (SELECT key, sum(failures)::bigint AS failures,"
         " max(next_at) AS next_at FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
         " AS given (key, failures, next_at) GROUP BY key) AS refund"
         " WHERE login_throttle.key = refund.key"},
    Text{PostgresSql::kSigningKeys, "SELECT {columns} FROM signing_key ORDER BY created_at, kid",
         columns_of<SigningKeyTable>},
    Text{PostgresSql::kPutSigningKey,
         "INSERT INTO signing_key {insert} ON CONFLICT (kid) DO UPDATE"
         " SET activates_at = excluded.activates_at, retired_at = excluded.retired_at,"
         " revoked_at = excluded.revoked_at",
         columns_of<SigningKeyTable>},
    Text{PostgresSql::kClients, "SELECT {columns} FROM client ORDER BY id",
         columns_of<ClientTable>},
    Text{PostgresSql::kInsertClient, "INSERT INTO client {insert}", columns_of<ClientTable>},
    Text{PostgresSql::kRemoveClient, "DELETE FROM client WHERE id = $1::text"},
    Text{PostgresSql::kUseAssertion,
         "INSERT INTO used_assertion (key, expires_at) VALUES ($1::text, $2::bigint)"
         " ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at"
         " WHERE used_assertion.expires_at <= $3::bigint"},
    Text{PostgresSql::kRemoveAssertions,
         "DELETE FROM used_assertion WHERE key IN (SELECT key FROM used_assertion"
         " WHERE expires_at <= $1::bigint LIMIT $2::bigint FOR UPDATE SKIP LOCKED)"},
    Text{PostgresSql::kRemoveExpiredSessions,
         "DELETE FROM session WHERE id = ANY (ARRAY("
         "SELECT id FROM session WHERE expires_at < $1::bigint LIMIT $2::bigint"
         " FOR UPDATE SKIP LOCKED))"},
    Text{PostgresSql::kRemoveExpiredThrottles,
         "DELETE FROM login_throttle WHERE key = ANY (ARRAY("
         "SELECT key FROM login_throttle WHERE next_at < greatest($1::bigint, coalesce((SELECT "
         "next_at"
         " FROM login_throttle ORDER BY next_at DESC LIMIT 1 OFFSET $3::bigint), 0)) LIMIT "
         "$2::bigint"
         " FOR UPDATE SKIP LOCKED))"},
    // By the time in the id, which is the index.
    Text{PostgresSql::kRemoveExpiredAudit,
         "DELETE FROM audit WHERE id = ANY (ARRAY(SELECT id FROM audit WHERE id < $1::text"
         " AND at < $2::bigint ORDER BY id LIMIT $3::bigint FOR UPDATE SKIP LOCKED))"},
    // The last state of a page, if the page is full.
    Text{PostgresSql::kMailStatesPage,
         "SELECT account_id, mail_id FROM mail_state WHERE (account_id, mail_id) > ($1::text, "
         "$2::text)"
         " ORDER BY account_id, mail_id OFFSET $3::bigint LIMIT 1"},
    Text{PostgresSql::kRemoveExpiredMailStates,
         "WITH old AS (SELECT account_id, mail_id FROM mail_state"
         " WHERE (account_id, mail_id) > ($1::text, $2::text)"
         " AND (account_id, mail_id) <= ($3::text, $4::text) AND changed_at < $5::bigint"
         " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = mail_state.mail_id)"
         " ORDER BY account_id, mail_id FOR UPDATE SKIP LOCKED)"
         " DELETE FROM mail_state USING old"
         " WHERE mail_state.account_id = old.account_id AND mail_state.mail_id = old.mail_id"},
    Text{PostgresSql::kCountDead, "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL"},
    // A look into the index for each priority.
    Text{PostgresSql::kMeasureBacklog,
         "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NOT NULL"
         " LIMIT $1::bigint) AS dead), (SELECT coalesce(min(due), 0) FROM ("
         "SELECT min(available_at) AS due FROM outbox WHERE dead_at IS NULL AND priority = 0"
         " UNION ALL SELECT min(available_at) FROM outbox WHERE dead_at IS NULL AND priority = 1"
         " UNION ALL SELECT min(available_at) FROM outbox WHERE dead_at IS NULL AND priority = 2"
         ") AS classes)"},
    // Available after $1 and no later than $2; and how many of those are leased at $3.
    Text{PostgresSql::kCountDue,
         "SELECT count(*), count(*) FILTER (WHERE leased_until > $3::bigint),"
         " count(*) FILTER (WHERE leased_until <= $3::bigint AND priority = 2) FROM outbox"
         " WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
         " AND available_at > $1::bigint AND available_at <= $2::bigint"},
    Text{PostgresSql::kFindDead,
         "SELECT {columns} FROM outbox"
         " WHERE dead_at IS NOT NULL AND (dead_at, id) > ($1::bigint, $2::text)"
         " ORDER BY dead_at, id LIMIT $3::bigint FOR UPDATE",
         columns_of<DeadTable>},
    Text{PostgresSql::kReplayDead,
         "UPDATE outbox SET body = new.body, available_at = $3::bigint, attempts = 0, dead_at = "
         "NULL,"
         " reason = NULL, leased_until = 0, lease_owner = NULL, claims = 0, unknown_outcomes = 0"
         " FROM unnest($1::text[], $2::text[]) AS new (id, body)"
         " WHERE outbox.id = new.id AND outbox.dead_at IS NOT NULL"},
    Text{PostgresSql::kDropDead,
         "DELETE FROM outbox WHERE id = ANY ($1::text[]) AND dead_at IS NOT NULL"},
    Text{PostgresSql::kInsertRequests,
         "INSERT INTO mail_request (id, requests, unresolved, leased_until)"
         " SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])"},
    Text{PostgresSql::kFindUnresolved,
         "SELECT {columns} FROM mail_request WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE",
         columns_of<ResolvedTable>},
    Text{PostgresSql::kRemoveRequests, "DELETE FROM mail_request WHERE id = ANY ($1::text[])"},
    Text{PostgresSql::kResolveRequests,
         "UPDATE mail_request AS stored SET unresolved = stored.unresolved - part.count,"
         " resolved = stored.resolved || part.indexes"
         " FROM unnest($1::text[], $2::bigint[], $3::text[]) AS part (id, count, indexes)"
         " WHERE stored.id = part.id"},
    Text{PostgresSql::kRemoveResolved,
         "DELETE FROM mail_request WHERE id = ANY ($1::text[]) AND unresolved <= 0"},
    // By row address, as a claim of the outbox.
    Text{PostgresSql::kClaimRequests,
         "UPDATE mail_request SET leased_until = $2::bigint WHERE ctid = ANY (ARRAY("
         "SELECT ctid FROM mail_request WHERE id > $5::text AND ($4::bigint > 0 OR leased_until <= "
         "$1::bigint"
         " OR leased_until > $2::bigint + 3600000) ORDER BY id LIMIT $3::bigint"
         " FOR UPDATE SKIP LOCKED))"
         " RETURNING {columns}",
         columns_of<RequestTable>},
};
static_assert(has_each_in_order(kTexts, kPostgresSqlCount));

std::array<PostgresStatement, kPostgresSqlCount> all_statements() {
  std::array<PostgresStatement, kPostgresSqlCount> statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    statements[i] = {"postern_" + std::to_string(i), expanded(kTexts[i], {insert, update})};
  }
  return statements;
}

}  // namespace

const PostgresStatement& statement_of(PostgresSql which) {
  static const auto statements = all_statements();
  return statements[static_cast<std::size_t>(which)];
}

}  // namespace postern
