// The sessions' part of the store on SQLite.
#include <algorithm>

#include "store_sql/row_codec.hpp"
#include "store_sql/session_codec.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {
namespace {

Error conflict(const char* detail) { return Error{store_error::kConflict, Retry::kLater, detail}; }

}  // namespace

Status SqliteStore::remove_account(const Account& account) {
  auto status = run(SqliteSql::kRemoveAccount, account.id, account.revision);
  if (status && session_->db.changes() != 1) return conflict("the account was changed meanwhile");
  return status;
}

Status SqliteStore::insert_session(const Session& session) {
  return run(SqliteSql::kInsertSession, session.id, session.account_id, to_string(session.kind),
             session.methods, to_unix_ms(session.created_at), to_unix_ms(session.last_used_at),
             to_unix_ms(session.expires_at), session.token_hash, to_text(session.rotations),
             session.credential_version, session.user_agent, session.ip);
}

Status SqliteStore::update_session(const Session& session) {
  auto status = run(SqliteSql::kUpdateSession, session.id, to_unix_ms(session.last_used_at),
                    to_unix_ms(session.expires_at), session.token_hash, to_text(session.rotations),
                    session.credential_version, session.user_agent, session.ip, session.revision);
  if (status && session_->db.changes() != 1) return conflict("the session was changed meanwhile");
  return status;
}

Status SqliteStore::write_sessions(const SessionChanges& changes) {
  for (const auto& end : changes.ends) {
    if (auto done = run(SqliteSql::kEndSessions, end.account_id, end.keep_id); !done) return done;
  }
  for (const auto& id : changes.removals) {
    if (auto done = run(SqliteSql::kRemoveSession, id); !done) return done;
  }
  for (const auto& session : changes.inserts) {
    if (auto done = insert_session(session); !done) return done;
  }
  for (const auto& session : changes.updates) {
    if (auto done = update_session(session); !done) return done;
  }
  for (const auto& key : changes.cleared_throttles) {
    if (auto done = run(SqliteSql::kClearThrottle, key); !done) return done;
  }
  for (const auto& refund : changes.refunds) {
    auto done =
        run(SqliteSql::kRefundThrottle, refund.key, refund.failures, to_unix_ms(refund.next_at));
    if (!done) return done;
  }
  return {};
}

Result<std::vector<Session>> SqliteStore::find_sessions(std::span<const std::string> account_ids) {
  std::vector<Session> sessions;
  for (const auto& id : account_ids) {
    auto& find = statement(SqliteSql::kFindSessions);
    find.bind(id);
    const int code =
        find.each_row([&](const SqliteStatement& row) { sessions.push_back(read_session(row)); });
    if (code != SQLITE_DONE) return failure();
  }
  return sessions;
}

Result<std::vector<LoginThrottle>> SqliteStore::take_throttles(std::span<const std::string> keys) {
  std::vector<LoginThrottle> throttles;
  for (const auto& key : keys) {
    auto& take = statement(SqliteSql::kTakeThrottle);
    take.bind(key);
    const int code = take.each_row([&](const SqliteStatement& row) {
      throttles.push_back({std::string(row.text(0)), row.integer(1), from_unix_ms(row.integer(2))});
    });
    if (code != SQLITE_DONE) return failure();
  }
  return throttles;
}

Status SqliteStore::put_throttles(std::span<const LoginThrottle> throttles) {
  for (const auto& throttle : throttles) {
    auto put =
        run(SqliteSql::kPutThrottle, throttle.key, throttle.failures, to_unix_ms(throttle.next_at));
    if (!put) return put;
  }
  return {};
}

Result<std::vector<SigningKey>> SqliteStore::signing_keys() {
  std::vector<SigningKey> keys;
  const int code = statement(SqliteSql::kSigningKeys).each_row([&](const SqliteStatement& row) {
    keys.push_back(read_signing_key(row));
  });
  if (code != SQLITE_DONE) return failure();
  return keys;
}

Status SqliteStore::put_signing_key(const SigningKey& key) {
  return run(SqliteSql::kPutSigningKey, key.kid, key.algorithm, key.sealed,
             to_unix_ms(key.created_at), to_unix_ms(key.activates_at),
             optional_unix_ms(key.retired_at), optional_unix_ms(key.revoked_at));
}

Result<std::int64_t> SqliteStore::purge(const Purge& purge) {
  auto sessions = run(SqliteSql::kPurgeSessions, to_unix_ms(purge.sessions_before), purge.limit);
  if (!sessions) return sessions.error();
  const std::int64_t removed = session_->db.changes();
  auto throttles = run(SqliteSql::kPurgeThrottles, to_unix_ms(purge.throttles_before), purge.limit,
                       purge.throttles_kept);
  if (!throttles) return throttles.error();
  return std::max<std::int64_t>(removed, session_->db.changes());
}

}  // namespace postern
