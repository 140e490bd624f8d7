// The SQL of the outbox and of the emails' states on PostgreSQL.
//
// Thread contract: constants.
#pragma once

#include <array>

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

inline constexpr Statement kInsertOutbox{
    "insert_outbox",
    "INSERT INTO outbox (id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, leased_until, lease_owner, priority)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[],"
    " $12::text[], $13::bigint[])"};

inline constexpr Statement kInsertMailStates{
    "insert_mail_states",
    "INSERT INTO mail_state (account_id, mail_id, kind, state, changed_at)"
    " SELECT new.account_id, new.mail_id, new.kind, 'queued', new.changed_at"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])"
    " AS new (account_id, mail_id, kind, changed_at)"};

/// Locks in the order of the key, so that two batches never wait for each other.
inline constexpr Statement kUpdateMailStates{
    "update_mail_states",
    "WITH new AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[],"
    " $5::bigint[], $6::text[])"
    " AS given (account_id, mail_id, state, changed_at, next_try_at, reason)),"
    " locked AS (SELECT old.account_id, old.mail_id FROM mail_state AS old JOIN new"
    " ON old.account_id = new.account_id AND old.mail_id = new.mail_id"
    " ORDER BY old.account_id, old.mail_id FOR UPDATE OF old)"
    " UPDATE mail_state AS old SET state = new.state, changed_at = new.changed_at,"
    " next_try_at = new.next_try_at, reason = new.reason FROM new JOIN locked"
    " ON locked.account_id = new.account_id AND locked.mail_id = new.mail_id"
    " WHERE old.account_id = new.account_id AND old.mail_id = new.mail_id"
    " AND old.state <> 'sent' AND (new.state = 'sent' OR old.state = 'queued'"
    " OR old.changed_at <= new.changed_at)"};

inline constexpr Statement kDeleteMailStates{
    "delete_mail_states", "DELETE FROM mail_state WHERE account_id = ANY ($1::text[])"};

inline constexpr Statement kFindMailStates{
    "find_mail_states",
    "SELECT account_id, mail_id, kind, state, changed_at, next_try_at, reason FROM mail_state"
    " WHERE account_id = $1::text ORDER BY mail_id DESC LIMIT $2::bigint"};

/// By row address: the rows are locked, so they stay where they are until the update. The classes
/// come in the order of $6, $7, $8, each locked in a query of its own: a UNION locks nothing.
inline constexpr Statement kClaimOutbox{
    "claim_outbox",
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
    " RETURNING id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, claims - $5::bigint, priority, unknown_outcomes"};

/// Rows from before the clock was set back.
inline constexpr Statement kClaimOutboxAhead{
    "claim_outbox_ahead",
    "UPDATE outbox SET leased_until = $2::bigint, lease_owner = $3::text,"
    " claims = claims + $5::bigint WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM outbox WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
    " AND available_at > $1::bigint AND created_at > $1::bigint"
    " AND (leased_until <= $1::bigint OR leased_until > $2::bigint + 3600000)"
    " ORDER BY priority, available_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED))"
    " RETURNING id, kind, body, traceparent, created_at, available_at, attempts,"
    " account_id, event_type, event, claims - $5::bigint, priority, unknown_outcomes"};

inline constexpr Statement kEndLeases{"end_leases",
                                      "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
                                      " WHERE dead_at IS NULL AND leased_until > 0"};

inline constexpr Statement kDeleteOutbox{"delete_outbox",
                                         "DELETE FROM outbox WHERE id = ANY ($1::text[])"};

inline constexpr Statement kDeferOutbox{
    "defer_outbox",
    "UPDATE outbox SET available_at = late.available_at, attempts = late.attempts,"
    " reason = late.reason, leased_until = 0, lease_owner = NULL, claims = 0,"
    " unknown_outcomes = late.unknown_outcomes"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])"
    " AS late (id, available_at, attempts, reason, unknown_outcomes)"
    " WHERE outbox.id = late.id AND outbox.dead_at IS NULL"};

inline constexpr Statement kBuryOutbox{
    "dead_letter_outbox",
    "UPDATE outbox SET dead_at = $2::bigint, attempts = dead.attempts, reason = dead.reason,"
    " leased_until = 0, lease_owner = NULL"
    " FROM unnest($1::text[], $3::bigint[], $4::text[]) AS dead (id, attempts, reason)"
    " WHERE outbox.id = dead.id AND outbox.dead_at IS NULL"};

inline constexpr Statement kReleaseOutbox{"release_outbox",
                                          "UPDATE outbox SET leased_until = 0, lease_owner = NULL"
                                          " WHERE id = ANY ($1::text[]) AND dead_at IS NULL"};

inline constexpr Statement kCountDead{"count_dead",
                                      "SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL"};

/// Available after $1 and no later than $2; and how many of those are leased at $3.
inline constexpr Statement kCountDue{
    "count_due",
    "SELECT count(*), count(*) FILTER (WHERE leased_until > $3::bigint),"
    " count(*) FILTER (WHERE leased_until <= $3::bigint AND priority = 2) FROM outbox"
    " WHERE dead_at IS NULL AND priority IN (0, 1, 2)"
    " AND available_at > $1::bigint AND available_at <= $2::bigint"};

inline constexpr Statement kFindDead{
    "find_dead",
    "SELECT id, kind, body, traceparent, created_at, available_at, attempts, account_id,"
    " event_type, event, claims, priority, coalesce(reason, ''), dead_at FROM outbox"
    " WHERE dead_at IS NOT NULL AND (dead_at, id) > ($1::bigint, $2::text)"
    " ORDER BY dead_at, id LIMIT $3::bigint FOR UPDATE"};

inline constexpr Statement kReplayDead{
    "replay_dead",
    "UPDATE outbox SET body = new.body, available_at = $3::bigint, attempts = 0, dead_at = NULL,"
    " reason = NULL, leased_until = 0, lease_owner = NULL, claims = 0, unknown_outcomes = 0"
    " FROM unnest($1::text[], $2::text[]) AS new (id, body)"
    " WHERE outbox.id = new.id AND outbox.dead_at IS NOT NULL"};

inline constexpr Statement kDropDead{
    "drop_dead", "DELETE FROM outbox WHERE id = ANY ($1::text[]) AND dead_at IS NOT NULL"};

inline constexpr std::array kOutboxStatements{
    kInsertOutbox,   kClaimOutboxAhead, kClaimOutbox, kDeleteOutbox,     kDeferOutbox,
    kBuryOutbox,     kReleaseOutbox,    kEndLeases,   kInsertMailStates, kUpdateMailStates,
    kFindMailStates, kDeleteMailStates, kCountDead,   kCountDue,         kFindDead,
    kReplayDead,     kDropDead};

}  // namespace postern::postgres_sql
