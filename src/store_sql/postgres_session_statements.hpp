// The SQL of sessions, login throttles and signing keys on PostgreSQL, as postgres_statements.hpp.
//
// Thread contract: constants.
#pragma once

#include <array>

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

/// The accounts are locked, and with them all that is about them.
inline constexpr Statement kFindSessions{
    "find_sessions",
    "SELECT id, account_id, kind, methods, created_at, last_used_at, expires_at, token_hash,"
    " rotations, credential_version, user_agent, ip, revision FROM session"
    " WHERE account_id = ANY ($1::text[]) ORDER BY created_at, id"};

inline constexpr Statement kRemoveAccounts{
    "remove_accounts",
    "DELETE FROM account USING unnest($1::text[], $2::bigint[]) AS old (id, revision)"
    " WHERE account.id = old.id AND account.revision = old.revision"};

inline constexpr Statement kInsertSessions{
    "insert_sessions",
    "INSERT INTO session (id, account_id, kind, methods, created_at, last_used_at, expires_at,"
    " token_hash, rotations, credential_version, user_agent, ip, revision)"
    " SELECT new.*, 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::bigint[], $11::text[],"
    " $12::text[]) AS new (id, account_id, kind, methods, created_at, last_used_at, expires_at,"
    " token_hash, rotations, credential_version, user_agent, ip)"};

inline constexpr Statement kUpdateSessions{
    "update_sessions",
    "UPDATE session SET last_used_at = new.last_used_at, expires_at = new.expires_at,"
    " token_hash = new.token_hash, rotations = new.rotations,"
    " credential_version = new.credential_version, user_agent = new.user_agent, ip = new.ip,"
    " revision = session.revision + 1"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],"
    " $7::text[], $8::text[], $9::bigint[])"
    " AS new (id, last_used_at, expires_at, token_hash, rotations, credential_version,"
    " user_agent, ip, revision)"
    " WHERE session.id = new.id AND session.revision = new.revision"};

inline constexpr Statement kRemoveSessions{"remove_sessions",
                                           "DELETE FROM session WHERE id = ANY ($1::text[])"};

inline constexpr Statement kEndSessions{
    "end_sessions",
    "DELETE FROM session USING unnest($1::text[], $2::text[]) AS ended (account_id, keep_id)"
    " WHERE session.account_id = ended.account_id AND session.id <> ended.keep_id"};

/// In the order of the list: two apps that take the same ones in one order cannot deadlock.
inline constexpr Statement kTakeThrottles{
    "take_throttles",
    "INSERT INTO login_throttle (key, failures, next_at)"
    " SELECT key, 0, 0 FROM unnest($1::text[]) WITH ORDINALITY AS taken (key, place) ORDER BY place"
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING key, failures, next_at"};

inline constexpr Statement kPutThrottles{
    "put_throttles",
    "UPDATE login_throttle SET failures = new.failures, next_at = new.next_at"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS new (key, failures, next_at)"
    " WHERE login_throttle.key = new.key"};

inline constexpr Statement kClearThrottles{
    "clear_throttles", "DELETE FROM login_throttle WHERE key = ANY ($1::text[])"};

/// Several refunds of one throttle are one.
inline constexpr Statement kRefundThrottles{
    "refund_throttles",
    "UPDATE login_throttle SET failures = greatest(login_throttle.failures - refund.failures, 0),"
    " next_at = refund.next_at FROM (SELECT key, sum(failures)::bigint AS failures,"
    " max(next_at) AS next_at FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
    " AS given (key, failures, next_at) GROUP BY key) AS refund"
    " WHERE login_throttle.key = refund.key"};

inline constexpr Statement kSigningKeys{
    "signing_keys",
    "SELECT kid, algorithm, sealed, created_at, activates_at, retired_at, revoked_at"
    " FROM signing_key ORDER BY created_at, kid"};

inline constexpr Statement kPutSigningKey{
    "put_signing_key",
    "INSERT INTO signing_key (kid, algorithm, sealed, created_at, activates_at, retired_at,"
    " revoked_at) VALUES ($1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::bigint,"
    " $7::bigint) ON CONFLICT (kid) DO UPDATE SET activates_at = excluded.activates_at,"
    " retired_at = excluded.retired_at, revoked_at = excluded.revoked_at"};

inline constexpr Statement kPurgeSessions{
    "purge_sessions",
    "DELETE FROM session WHERE id = ANY (ARRAY("
    "SELECT id FROM session WHERE expires_at < $1::bigint LIMIT $2::bigint"
    " FOR UPDATE SKIP LOCKED))"};

inline constexpr Statement kPurgeThrottles{
    "purge_throttles",
    "DELETE FROM login_throttle WHERE key = ANY (ARRAY("
    "SELECT key FROM login_throttle WHERE next_at < greatest($1::bigint, coalesce((SELECT next_at"
    " FROM login_throttle ORDER BY next_at DESC LIMIT 1 OFFSET $3::bigint), 0)) LIMIT $2::bigint"
    " FOR UPDATE SKIP LOCKED))"};

inline constexpr std::array kSessions{
    kRemoveAccounts, kFindSessions,  kInsertSessions, kUpdateSessions, kRemoveSessions,
    kEndSessions,    kTakeThrottles, kPutThrottles,   kClearThrottles, kRefundThrottles,
    kSigningKeys,    kPutSigningKey, kPurgeSessions,  kPurgeThrottles};

}  // namespace postern::postgres_sql
