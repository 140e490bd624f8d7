// SqliteStore: sessions, login throttles and signing keys.
#include <algorithm>

#include "store_sql/account_tables.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Status SqliteStore::write_sessions(const SessionChanges& changes) {
  for (const auto& end : changes.ends) {
    if (auto done = run(SqliteSql::kEndSessions, end.account_id, end.keep_id); !done) return done;
  }
  for (const auto& id : changes.removals) {
    if (auto done = run(SqliteSql::kRemoveSession, id); !done) return done;
  }
  for (const auto& session : changes.inserts) {
    auto done = run_row<SessionTable>(SqliteSql::kInsertSession, session);
    if (!done) return done;
  }
  for (const auto& session : changes.updates) {
    auto done = changed(run_row<SessionTable>(SqliteSql::kUpdateSession, session));
    if (!done) return done;
  }
  for (const auto& key : changes.cleared_throttles) {
    if (auto done = run(SqliteSql::kClearThrottle, key); !done) return done;
  }
  for (const auto& refund : changes.refunds) {
    auto done = run(SqliteSql::kRefundThrottle, refund.key, refund.failures, refund.next_at);
    if (!done) return done;
  }
  return {};
}

Result<std::vector<Session>> SqliteStore::find_sessions(std::span<const std::string> account_ids) {
  std::vector<Session> sessions;
  for (const auto& id : account_ids) {
    auto found = find_rows<SessionTable>(sessions, SqliteSql::kFindSessions, id);
    if (!found) return found.error();
  }
  return sessions;
}

Result<std::vector<LoginThrottle>> SqliteStore::take_throttles(std::span<const std::string> keys) {
  std::vector<LoginThrottle> throttles;
  for (const auto& key : keys) {
    auto taken = find_rows<ThrottleTable>(throttles, SqliteSql::kTakeThrottle, key);
    if (!taken) return taken.error();
  }
  return throttles;
}

Status SqliteStore::put_throttles(std::span<const LoginThrottle> throttles) {
  for (const auto& throttle : throttles) {
    auto done = run_row<ThrottleTable>(SqliteSql::kPutThrottle, throttle);
    if (!done) return done;
  }
  return {};
}

Result<std::vector<SigningKey>> SqliteStore::signing_keys() {
  std::vector<SigningKey> keys;
  auto found = find_rows<SigningKeyTable>(keys, SqliteSql::kSigningKeys);
  if (!found) return found.error();
  return keys;
}

Status SqliteStore::put_signing_key(const SigningKey& key) {
  return run_row<SigningKeyTable>(SqliteSql::kPutSigningKey, key);
}

Result<std::int64_t> SqliteStore::remove_expired_sessions(const ExpiredSessions& expired) {
  auto sessions = run(SqliteSql::kRemoveExpiredSessions, expired.sessions_before, expired.limit);
  if (!sessions) return sessions.error();
  const std::int64_t removed = session_->db.changes();
  auto throttles = run(SqliteSql::kRemoveExpiredThrottles, expired.throttles_before, expired.limit,
                       expired.throttles_kept);
  if (!throttles) return throttles.error();
  return std::max<std::int64_t>(removed, session_->db.changes());
}

}  // namespace postern
