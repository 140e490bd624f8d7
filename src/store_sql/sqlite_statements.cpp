#include "store_sql/sqlite_statements.hpp"

#include <array>

namespace postern {
namespace {

/// In the order of SqliteSql.
constexpr std::array<const char*, kSqliteSqlCount> kTexts{
    // kBegin
    "BEGIN IMMEDIATE",
    // kCommit
    "COMMIT",
    // kRollback
    "ROLLBACK",
    // kFindByKey
    "SELECT id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, revision,"
    " display_name, pending_email, mail_window2_started_at, mail_window2_count,"
    " mail_window3_started_at, mail_window3_count, recovery_sent_at, already_registered_at"
    " FROM account WHERE email_key = ?1",
    // kFindById
    "SELECT id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, revision,"
    " display_name, pending_email, mail_window2_started_at, mail_window2_count,"
    " mail_window3_started_at, mail_window3_count, recovery_sent_at, already_registered_at"
    " FROM account WHERE id = ?1",
    // kListAccounts
    "SELECT id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, revision,"
    " display_name, pending_email, mail_window2_started_at, mail_window2_count,"
    " mail_window3_started_at, mail_window3_count, recovery_sent_at, already_registered_at"
    " FROM account WHERE id > ?1 AND (?2 = '' OR state = ?2) ORDER BY id LIMIT ?3",
    // kInsertAccount
    "INSERT INTO account (id, email, email_key, state, password_hash, credential_version,"
    " locale, created_at, updated_at, mail_window_started_at, mail_window_count, revision,"
    " display_name, pending_email, mail_window2_started_at, mail_window2_count,"
    " mail_window3_started_at, mail_window3_count, recovery_sent_at, already_registered_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13, ?14, ?15, ?16, ?17,"
    " ?18, ?19)",
    // kUpdateAccount
    "UPDATE account SET email = ?2, email_key = ?3, state = ?4, password_hash = ?5,"
    " credential_version = ?6, locale = ?7, updated_at = ?8, mail_window_started_at = ?9,"
    " mail_window_count = ?10, revision = revision + 1, display_name = ?12, pending_email = ?13,"
    " mail_window2_started_at = ?14, mail_window2_count = ?15, mail_window3_started_at = ?16,"
    " mail_window3_count = ?17, recovery_sent_at = ?18, already_registered_at = ?19"
    " WHERE id = ?1 AND revision = ?11",
    // kInsertOutbox
    "INSERT INTO outbox (id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, leased_until, lease_owner, priority)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, nullif(?12, ''), ?13)",
    // kInsertAudit
    "INSERT INTO audit (id, at, action, outcome, account_id, request_id)"
    " VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), ?6)",
    // kInsertMailState
    "INSERT INTO mail_state (account_id, mail_id, kind, state, changed_at)"
    " VALUES (?1, ?2, ?3, 'queued', ?4)",
    // kUpdateMailState
    "UPDATE mail_state SET state = ?3, changed_at = ?4, next_try_at = ?5, reason = ?6"
    " WHERE account_id = ?1 AND mail_id = ?2 AND state <> 'sent'"
    " AND (?3 = 'sent' OR state = 'queued' OR changed_at <= ?4)",
    // kDeleteMailStates
    "DELETE FROM mail_state WHERE account_id = ?1",
    // kFindMailStates
    "SELECT account_id, mail_id, kind, state, changed_at, next_try_at, reason FROM mail_state"
    " WHERE account_id = ?1 ORDER BY mail_id DESC LIMIT ?2",
    // kFindExternalId
    "SELECT account_id, external_id FROM account_external_id WHERE external_id = ?1",
    // kExternalIdOf
    "SELECT account_id, external_id FROM account_external_id WHERE account_id = ?1",
    // kAddExternalId
    "INSERT INTO account_external_id (account_id, external_id) VALUES (?1, ?2)",
    // kRemoveExternalId
    "DELETE FROM account_external_id WHERE account_id = ?1",
    // kClaim
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
    " RETURNING id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, claims - ?5, priority, unknown_outcomes",
    // kClaimAhead
    "UPDATE outbox SET leased_until = ?2, lease_owner = ?3, claims = claims + ?5 WHERE rowid IN"
    " (SELECT rowid FROM outbox WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
    " AND available_at > ?1 AND created_at > ?1 AND (leased_until <= ?1 OR leased_until > ?2 + "
    "3600000)"
    " ORDER BY priority, available_at LIMIT ?4)"
    " RETURNING id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, claims - ?5, priority, unknown_outcomes",
    // kEndLeases
    "UPDATE outbox INDEXED BY outbox_waiting SET leased_until = 0, lease_owner = NULL"
    " WHERE dead_at IS NULL AND leased_until > 0",
    // kDelete
    "DELETE FROM outbox WHERE id = ?1",
    // kDefer
    "UPDATE outbox SET available_at = ?2, attempts = ?3, reason = ?4, leased_until = 0,"
    " lease_owner = NULL, claims = 0, unknown_outcomes = ?5 WHERE id = ?1 AND dead_at IS NULL",
    // kDeadLetter
    "UPDATE outbox SET dead_at = ?2, attempts = ?3, reason = ?4, leased_until = 0,"
    " lease_owner = NULL WHERE id = ?1 AND dead_at IS NULL",
    // kRelease
    "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
    " WHERE id = ?1 AND dead_at IS NULL",
    // kCount
    "SELECT min(?1, count(*) + (SELECT coalesce(sum(unresolved), 0) FROM mail_request"
    " WHERE id > '')) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT ?1)",
    // kRemoveAccount
    "DELETE FROM account WHERE id = ?1 AND revision = ?2",
    // kFindSessions
    "SELECT id, account_id, kind, methods, created_at, last_used_at, expires_at, token_hash,"
    " rotations, credential_version, user_agent, ip, revision"
    " FROM session WHERE account_id = ?1 ORDER BY created_at, id",
    // kInsertSession
    "INSERT INTO session (id, account_id, kind, methods, created_at, last_used_at, expires_at,"
    " token_hash, rotations, credential_version, user_agent, ip, revision)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1)",
    // kUpdateSession
    "UPDATE session SET last_used_at = ?2, expires_at = ?3, token_hash = ?4, rotations = ?5,"
    " credential_version = ?6, user_agent = ?7, ip = ?8, revision = revision + 1"
    " WHERE id = ?1 AND revision = ?9",
    // kRemoveSession
    "DELETE FROM session WHERE id = ?1",
    // kEndSessions
    "DELETE FROM session WHERE account_id = ?1 AND id <> ?2",
    // kTakeThrottle
    "INSERT INTO login_throttle (key, failures, next_at) VALUES (?1, 0, 0)"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING key, failures, next_at",
    // kPutThrottle
    "UPDATE login_throttle SET failures = ?2, next_at = ?3 WHERE key = ?1",
    // kClearThrottle
    "DELETE FROM login_throttle WHERE key = ?1",
    // kRefundThrottle
    "UPDATE login_throttle SET failures = max(failures - ?2, 0), next_at = ?3 WHERE key = ?1",
    // kSigningKeys
    "SELECT kid, algorithm, sealed, created_at, activates_at, retired_at, revoked_at"
    " FROM signing_key ORDER BY created_at, kid",
    // kPutSigningKey
    "INSERT INTO signing_key (kid, algorithm, sealed, created_at, activates_at, retired_at,"
    " revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (kid) DO UPDATE SET"
    " activates_at = excluded.activates_at, retired_at = excluded.retired_at,"
    " revoked_at = excluded.revoked_at",
    // kPurgeSessions
    "DELETE FROM session WHERE rowid IN"
    " (SELECT rowid FROM session WHERE expires_at < ?1 LIMIT ?2)",
    // kPurgeThrottles
    "DELETE FROM login_throttle WHERE rowid IN"
    " (SELECT rowid FROM login_throttle WHERE next_at < max(?1, coalesce((SELECT next_at"
    " FROM login_throttle ORDER BY next_at DESC LIMIT 1 OFFSET ?3), 0)) LIMIT ?2)",
    // kPruneAudit
    "DELETE FROM audit WHERE id IN"
    " (SELECT id FROM audit WHERE id < ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
    // kMailStatesPage
    "SELECT account_id, mail_id FROM mail_state WHERE (account_id, mail_id) > (?1, ?2)"
    " ORDER BY account_id, mail_id LIMIT 1 OFFSET ?3",
    // kPruneMailStates
    "DELETE FROM mail_state WHERE (account_id, mail_id) > (?1, ?2)"
    " AND (account_id, mail_id) <= (?3, ?4) AND changed_at < ?5"
    " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = mail_state.mail_id)",
    // kCountDead
    "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL",
    // kCountDue
    "SELECT count(*), count(*) FILTER (WHERE leased_until > ?3),"
    " count(*) FILTER (WHERE leased_until <= ?3 AND priority = 2) FROM outbox"
    " WHERE dead_at IS NULL AND priority IN (0, 1, 2) AND available_at > ?1 AND available_at <= ?2",
    // kFindDead
    "SELECT id, kind, body, traceparent, created_at, available_at, attempts, account_id,"
    " event_type, event, claims, priority, coalesce(reason, ''), dead_at FROM outbox"
    " WHERE dead_at IS NOT NULL AND (dead_at, id) > (?1, ?2) ORDER BY dead_at, id LIMIT ?3",
    // kReplayDead
    "UPDATE outbox SET body = ?2, available_at = ?3, attempts = 0, dead_at = NULL, reason = NULL,"
    " leased_until = 0, lease_owner = NULL, claims = 0, unknown_outcomes = 0"
    " WHERE id = ?1 AND dead_at IS NOT NULL",
    // kDropDead
    "DELETE FROM outbox WHERE id = ?1 AND dead_at IS NOT NULL",
    // kInsertRequests
    "INSERT INTO mail_request (id, requests, unresolved, leased_until) VALUES (?1, ?2, ?3, ?4)",
    // kRemoveRequests
    "DELETE FROM mail_request WHERE id = ?1",
    // kResolveRequests
    "UPDATE mail_request SET unresolved = unresolved - ?2, resolved = resolved || ?3"
    " WHERE id = ?1",
    // kRemoveResolved
    "DELETE FROM mail_request WHERE id = ?1 AND unresolved <= 0",
    // kClaimRequests
    "UPDATE mail_request SET leased_until = ?2 WHERE id IN"
    " (SELECT id FROM mail_request"
    " WHERE id > ?5 AND (?4 OR leased_until <= ?1 OR leased_until > ?2 + 3600000)"
    " ORDER BY id LIMIT ?3)"
    " RETURNING id, requests, resolved, leased_until",
};

}  // namespace

const char* text_of(SqliteSql which) { return kTexts[static_cast<std::size_t>(which)]; }

}  // namespace postern
