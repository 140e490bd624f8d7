// The SQL of accepted requests on PostgreSQL.
//
// Thread contract: constants.
#pragma once

#include <array>

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

inline constexpr Statement kInsertRequests{
    "insert_requests",
    "INSERT INTO mail_request (id, action, email, email_key, locale, return_to, client,"
    " request_id, traceparent, accepted_at, leased_until)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
    " $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[])"};

inline constexpr Statement kRemoveRequests{"remove_requests",
                                           "DELETE FROM mail_request WHERE id = ANY ($1::text[])"};

/// By row address, as a claim of the outbox.
inline constexpr Statement kClaimRequests{
    "claim_requests",
    "UPDATE mail_request SET leased_until = $2::bigint WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM mail_request WHERE id > '' AND ($4::bigint > 0 OR leased_until <= $1::bigint"
    " OR leased_until > $2::bigint + 3600000) ORDER BY id LIMIT $3::bigint"
    " FOR UPDATE SKIP LOCKED))"
    " RETURNING id, action, email, email_key, locale, return_to, client, request_id,"
    " traceparent, accepted_at, leased_until"};

/// What waits to become an email, or to leave as one.
inline constexpr Statement kCountOutbox{
    "count_outbox",
    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE dead_at IS NULL"
    " UNION ALL SELECT 1 FROM mail_request WHERE id > '' LIMIT $1::bigint) AS waiting"};

inline constexpr std::array kRequestStatements{kInsertRequests, kRemoveRequests, kClaimRequests,
                                               kCountOutbox};

}  // namespace postern::postgres_sql
