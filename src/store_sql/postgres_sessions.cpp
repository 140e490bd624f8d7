// PostgresStore: sessions, login throttles and signing keys.
#include <algorithm>

#include "store_sql/account_tables.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

void PostgresStore::send_sessions(const SessionChanges& changes) {
  if (!changes.ends.empty()) {
    send(PostgresSql::kEndSessions, PostgresParameters()
                                        .array(changes.ends, &SessionsEnd::account_id)
                                        .array(changes.ends, &SessionsEnd::keep_id));
  }
  if (!changes.removals.empty()) {
    send(PostgresSql::kRemoveSessions, PostgresParameters().array(changes.removals));
  }
  if (!changes.inserts.empty()) {
    send(PostgresSql::kInsertSessions, PostgresParameters().table<SessionTable>(changes.inserts));
  }
  // Addresses before their clients, as attempts take them.
  if (!changes.refunds.empty()) {
    send(PostgresSql::kRefundThrottles, PostgresParameters()
                                            .array(changes.refunds, &ThrottleRefund::key)
                                            .array(changes.refunds, &ThrottleRefund::failures)
                                            .array(changes.refunds, &ThrottleRefund::next_at));
  }
  if (!changes.cleared_throttles.empty()) {
    send(PostgresSql::kClearThrottles, PostgresParameters().array(changes.cleared_throttles));
  }
  if (!changes.updates.empty()) {
    send(PostgresSql::kUpdateSessions, PostgresParameters().table<SessionTable>(changes.updates),
         changes.updates.size());
  }
}

Result<std::vector<Session>> PostgresStore::find_sessions(
    std::span<const std::string> account_ids) {
  send(PostgresSql::kFindSessions, PostgresParameters().array(account_ids));
  return receive_rows<SessionTable>();
}

Result<std::vector<LoginThrottle>> PostgresStore::take_throttles(
    std::span<const std::string> keys) {
  send(PostgresSql::kTakeThrottles, PostgresParameters().array(keys));
  auto throttles = receive_rows<ThrottleTable>();
  if (!throttles) return throttles;
  const auto place = [&](const LoginThrottle& throttle) {
    return std::find(keys.begin(), keys.end(), throttle.key) - keys.begin();
  };
  std::ranges::sort(*throttles, {}, place);
  return throttles;
}

Status PostgresStore::put_throttles(std::span<const LoginThrottle> throttles) {
  if (throttles.empty()) return {};
  send(PostgresSql::kPutThrottles, PostgresParameters().table<ThrottleTable>(throttles));
  return done();
}

Result<std::vector<SigningKey>> PostgresStore::signing_keys() {
  send(PostgresSql::kSigningKeys);
  return receive_rows<SigningKeyTable>();
}

Status PostgresStore::put_signing_key(const SigningKey& key) {
  send(PostgresSql::kPutSigningKey,
       PostgresParameters().table<SigningKeyTable>(std::span(&key, 1)));
  return done();
}

Result<std::int64_t> PostgresStore::remove_expired_sessions(const ExpiredSessions& expired) {
  send(PostgresSql::kRemoveExpiredSessions,
       PostgresParameters::of(expired.sessions_before, expired.limit));
  send(PostgresSql::kRemoveExpiredThrottles,
       PostgresParameters::of(expired.throttles_before, expired.limit, expired.throttles_kept));
  auto results = receive();
  if (!results) return results.error();
  return std::max(results->front().affected(), results->back().affected());
}

}  // namespace postern
