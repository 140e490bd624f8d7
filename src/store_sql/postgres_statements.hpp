// The SQL of the store on PostgreSQL, prepared once per connection. A batch travels as one array
// per column, so that each statement is sent once however many rows it is about.
//
// Thread contract: constants.
#pragma once

#include <array>

namespace postern::postgres_sql {

struct Statement {
  const char* name;
  const char* text;
};

/// Of the session. Every statement is meant to go through an index; a plan that was made while the
/// tables were small must not go on reading them whole when they are large. Just-in-time
/// compilation takes longer than any of them.
inline constexpr const char* kSettings =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
    "SET jit = off";

inline constexpr Statement kBegin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
inline constexpr Statement kCommit{"commit", "COMMIT"};
inline constexpr Statement kRollback{"rollback", "ROLLBACK"};

/// Locks in the order of ids, so that two batches never wait for each other.
inline constexpr Statement kFindAccounts{
    "find_accounts",
    "SELECT id, email, email_key, state, password_hash, credential_version, locale, created_at,"
    " updated_at, mail_window_started_at, mail_window_count, revision, display_name,"
    " pending_email FROM account"
    " WHERE email_key = ANY ($1::text[]) OR id = ANY ($2::text[]) ORDER BY id FOR UPDATE"};

/// In the order of addresses, for the same reason: an address that another transaction is about to
/// take is waited for.
inline constexpr Statement kInsertAccounts{
    "insert_accounts",
    "INSERT INTO account (id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, display_name,"
    " pending_email, revision)"
    " SELECT new.*, 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
    " $6::bigint[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
    " $12::text[], $13::text[])"
    " AS new (id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, display_name,"
    " pending_email)"
    " ORDER BY new.email_key COLLATE \"C\" ON CONFLICT DO NOTHING"};

inline constexpr Statement kUpdateAccounts{
    "update_accounts",
    "UPDATE account SET email = new.email, email_key = new.email_key, state = new.state,"
    " password_hash = new.password_hash, credential_version = new.credential_version,"
    " locale = new.locale, updated_at = new.updated_at,"
    " mail_window_started_at = new.mail_window_started_at,"
    " mail_window_count = new.mail_window_count, display_name = new.display_name,"
    " pending_email = new.pending_email, revision = account.revision + 1"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],"
    " $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[],"
    " $13::bigint[])"
    " AS new (id, email, email_key, state, password_hash, credential_version, locale,"
    " updated_at, mail_window_started_at, mail_window_count, display_name, pending_email,"
    " revision)"
    " WHERE account.id = new.id AND account.revision = new.revision"};

inline constexpr Statement kInsertOutbox{
    "insert_outbox",
    "INSERT INTO outbox (id, kind, body, traceparent, created_at, available_at, attempts)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::bigint[], $7::bigint[])"};

inline constexpr Statement kInsertAudit{
    "insert_audit",
    "INSERT INTO audit (id, at, action, outcome, account_id, request_id)"
    " SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],"
    " $6::text[])"};

/// By row address: the rows are locked, so they stay where they are until the update.
inline constexpr Statement kClaimOutbox{
    "claim_outbox",
    "UPDATE outbox SET leased_until = $2::bigint, lease_owner = $3::text,"
    " attempts = attempts + $5::bigint WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM outbox WHERE dead_at IS NULL AND available_at <= $1::bigint"
    " AND leased_until <= $1::bigint ORDER BY available_at LIMIT $4::bigint"
    " FOR UPDATE SKIP LOCKED))"
    " RETURNING id, kind, body, traceparent, created_at, available_at, attempts - $5::bigint"};

inline constexpr Statement kEndLeases{"end_leases",
                                      "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
                                      " WHERE dead_at IS NULL AND leased_until > 0"};

inline constexpr Statement kDeleteOutbox{"delete_outbox",
                                         "DELETE FROM outbox WHERE id = ANY ($1::text[])"};

inline constexpr Statement kDeferOutbox{
    "defer_outbox",
    "UPDATE outbox SET available_at = late.available_at, attempts = late.attempts,"
    " reason = late.reason, leased_until = 0, lease_owner = NULL"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])"
    " AS late (id, available_at, attempts, reason)"
    " WHERE outbox.id = late.id AND outbox.dead_at IS NULL"};

inline constexpr Statement kBuryOutbox{
    "bury_outbox",
    "UPDATE outbox SET dead_at = $2::bigint, attempts = dead.attempts, reason = dead.reason,"
    " leased_until = 0, lease_owner = NULL"
    " FROM unnest($1::text[], $3::bigint[], $4::text[]) AS dead (id, attempts, reason)"
    " WHERE outbox.id = dead.id AND outbox.dead_at IS NULL"};

inline constexpr Statement kReleaseOutbox{"release_outbox",
                                          "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
                                          " WHERE id = ANY ($1::text[]) AND dead_at IS NULL"};

inline constexpr Statement kCountOutbox{
    "count_outbox",
    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT $1::bigint)"
    " AS waiting"};

inline constexpr std::array kAll{kBegin,          kCommit,         kRollback,     kFindAccounts,
                                 kInsertAccounts, kUpdateAccounts, kInsertOutbox, kInsertAudit,
                                 kClaimOutbox,    kDeleteOutbox,   kDeferOutbox,  kBuryOutbox,
                                 kReleaseOutbox,  kCountOutbox,    kEndLeases};

}  // namespace postern::postgres_sql
