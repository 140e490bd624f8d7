// PostgreSQL: the statements about external ids.
//
// Thread contract: constants.
#pragma once

#include "store_sql/postgres_statements.hpp"

namespace postern::postgres_sql {

inline constexpr Statement kFindExternalIds{
    "find_external_ids",
    "SELECT account_id, external_id FROM account_external_id"
    " WHERE external_id = ANY ($1::text[])"};

inline constexpr Statement kExternalIdsOf{
    "external_ids_of",
    "SELECT account_id, external_id FROM account_external_id WHERE account_id = ANY ($1::text[])"};

inline constexpr Statement kAddExternalIds{
    "add_external_ids",
    "INSERT INTO account_external_id (account_id, external_id)"
    " SELECT * FROM unnest($1::text[], $2::text[]) AS new (account_id, external_id)"
    " ORDER BY new.external_id COLLATE \"C\" ON CONFLICT DO NOTHING"};

inline constexpr Statement kRemoveExternalIds{
    "remove_external_ids", "DELETE FROM account_external_id WHERE account_id = ANY ($1::text[])"};

inline constexpr std::array kExternalIdStatements{kFindExternalIds, kExternalIdsOf, kAddExternalIds,
                                                  kRemoveExternalIds};

}  // namespace postern::postgres_sql
