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

/// Every statement is meant to go through an index; a plan that was made while the tables were
/// small must not go on reading them whole when they are large. Just-in-time compilation takes
/// longer than any of them.
inline constexpr const char* kSwitchedOff[] = {"enable_seqscan", "enable_hashjoin",
                                               "enable_mergejoin", "jit"};

inline constexpr Statement kBegin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
inline constexpr Statement kCommit{"commit", "COMMIT"};
inline constexpr Statement kRollback{"rollback", "ROLLBACK"};

/// Locks in the order of ids, so that two batches never wait for each other.
inline constexpr Statement kFindAccounts{
    "find_accounts",
    "SELECT id, email, email_key, state, password_hash, credential_version, locale, created_at,"
    " updated_at, mail_window_started_at, mail_window_count, revision, display_name,"
    " pending_email, mail_window2_started_at, mail_window2_count, mail_window3_started_at,"
    " mail_window3_count, recovery_sent_at, already_registered_at FROM account"
    " WHERE email_key = ANY ($1::text[]) OR id = ANY ($2::text[]) ORDER BY id FOR UPDATE"};

inline constexpr Statement kListAccounts{
    "list_accounts",
    "SELECT id, email, email_key, state, password_hash, credential_version, locale, created_at,"
    " updated_at, mail_window_started_at, mail_window_count, revision, display_name,"
    " pending_email, mail_window2_started_at, mail_window2_count, mail_window3_started_at,"
    " mail_window3_count, recovery_sent_at, already_registered_at FROM account"
    " WHERE id > $1::text AND ($2::text = '' OR state = $2::text) ORDER BY id LIMIT $3::bigint"};

/// In the order of addresses, for the same reason: an address that another transaction is about to
/// take is waited for.
inline constexpr Statement kInsertAccounts{
    "insert_accounts",
    "INSERT INTO account (id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, display_name,"
    " pending_email, mail_window2_started_at, mail_window2_count, mail_window3_started_at,"
    " mail_window3_count, recovery_sent_at, already_registered_at, revision)"
    " SELECT new.*, 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
    " $6::bigint[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
    " $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],"
    " $18::bigint[], $19::bigint[])"
    " AS new (id, email, email_key, state, password_hash, credential_version, locale,"
    " created_at, updated_at, mail_window_started_at, mail_window_count, display_name,"
    " pending_email, mail_window2_started_at, mail_window2_count, mail_window3_started_at,"
    " mail_window3_count, recovery_sent_at, already_registered_at)"
    " ORDER BY new.email_key COLLATE \"C\" ON CONFLICT DO NOTHING"};

inline constexpr Statement kUpdateAccounts{
    "update_accounts",
    "UPDATE account SET email = new.email, email_key = new.email_key, state = new.state,"
    " password_hash = new.password_hash, credential_version = new.credential_version,"
    " locale = new.locale, updated_at = new.updated_at,"
    " mail_window_started_at = new.mail_window_started_at,"
    " mail_window_count = new.mail_window_count, display_name = new.display_name,"
    " pending_email = new.pending_email,"
    " mail_window2_started_at = new.mail_window2_started_at,"
    " mail_window2_count = new.mail_window2_count,"
    " mail_window3_started_at = new.mail_window3_started_at,"
    " mail_window3_count = new.mail_window3_count, recovery_sent_at = new.recovery_sent_at,"
    " already_registered_at = new.already_registered_at, revision = account.revision + 1"
    " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],"
    " $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[],"
    " $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],"
    " $18::bigint[], $19::bigint[])"
    " AS new (id, email, email_key, state, password_hash, credential_version, locale,"
    " updated_at, mail_window_started_at, mail_window_count, display_name, pending_email,"
    " mail_window2_started_at, mail_window2_count, mail_window3_started_at, mail_window3_count,"
    " recovery_sent_at, already_registered_at, revision)"
    " WHERE account.id = new.id AND account.revision = new.revision"};

inline constexpr Statement kInsertAudit{
    "insert_audit",
    "INSERT INTO audit (id, at, action, outcome, account_id, request_id)"
    " SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],"
    " $6::text[])"};

inline constexpr std::array kAccountStatements{kBegin,          kCommit,       kRollback,
                                               kFindAccounts,   kListAccounts, kInsertAccounts,
                                               kUpdateAccounts, kInsertAudit};

}  // namespace postern::postgres_sql
