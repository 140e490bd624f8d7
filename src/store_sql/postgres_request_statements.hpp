// The SQL of accepted requests on PostgreSQL.
//
// Thread contract: constants.
#pragma once

#include <array>

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

inline constexpr Statement kInsertRequests{
    "insert_requests",
    "INSERT INTO mail_request (id, requests, unresolved, leased_until)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])"};

inline constexpr Statement kRemoveRequests{"remove_requests",
                                           "DELETE FROM mail_request WHERE id = ANY ($1::text[])"};

inline constexpr Statement kResolveRequests{
    "resolve_requests",
    "UPDATE mail_request AS stored SET unresolved = stored.unresolved - part.count,"
    " resolved = stored.resolved || part.indexes"
    " FROM unnest($1::text[], $2::bigint[], $3::text[]) AS part (id, count, indexes)"
    " WHERE stored.id = part.id"};

inline constexpr Statement kRemoveResolved{
    "remove_resolved", "DELETE FROM mail_request WHERE id = ANY ($1::text[]) AND unresolved <= 0"};

/// By row address, as a claim of the outbox.
inline constexpr Statement kClaimRequests{
    "claim_requests",
    "UPDATE mail_request SET leased_until = $2::bigint WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM mail_request WHERE id > $5::text AND ($4::bigint > 0 OR leased_until <= "
    "$1::bigint"
    " OR leased_until > $2::bigint + 3600000) ORDER BY id LIMIT $3::bigint"
    " FOR UPDATE SKIP LOCKED))"
    " RETURNING id, requests, resolved, leased_until"};

/// What waits to become an email, or to leave as one.
inline constexpr Statement kCountOutbox{
    "count_outbox",
    "SELECT least($1::bigint,"
    " (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT $1::bigint) AS rows)"
    " + (SELECT coalesce(sum(unresolved), 0) FROM mail_request WHERE id > ''))::bigint"};

inline constexpr std::array kRequestStatements{kInsertRequests, kRemoveRequests, kResolveRequests,
                                               kRemoveResolved, kClaimRequests,  kCountOutbox};

}  // namespace postern::postgres_sql
