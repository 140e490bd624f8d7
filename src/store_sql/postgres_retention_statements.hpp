// The SQL on PostgreSQL that removes what was kept long enough.
//
// Thread contract: constants.
// What somebody else holds is passed over: it is looked at again in the next round.
#pragma once

#include <array>

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

/// By the time in the id, which is the index.
inline constexpr Statement kPruneAudit{
    "prune_audit",
    "DELETE FROM audit WHERE id = ANY (ARRAY(SELECT id FROM audit WHERE id < $1::text"
    " AND at < $2::bigint ORDER BY id LIMIT $3::bigint FOR UPDATE SKIP LOCKED))"};

/// The last state of a page, if the page is full.
inline constexpr Statement kMailStatesPage{
    "mail_states_page",
    "SELECT account_id, mail_id FROM mail_state WHERE (account_id, mail_id) > ($1::text, $2::text)"
    " ORDER BY account_id, mail_id OFFSET $3::bigint LIMIT 1"};

inline constexpr Statement kPruneMailStates{
    "prune_mail_states",
    "WITH old AS (SELECT account_id, mail_id FROM mail_state"
    " WHERE (account_id, mail_id) > ($1::text, $2::text)"
    " AND (account_id, mail_id) <= ($3::text, $4::text) AND changed_at < $5::bigint"
    " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = mail_state.mail_id)"
    " ORDER BY account_id, mail_id FOR UPDATE SKIP LOCKED)"
    " DELETE FROM mail_state USING old"
    " WHERE mail_state.account_id = old.account_id AND mail_state.mail_id = old.mail_id"};

inline constexpr std::array kRetentionStatements{kPruneAudit, kMailStatesPage, kPruneMailStates};

}  // namespace postern::postgres_sql
