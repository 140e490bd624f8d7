// The sessions' part of the store on PostgreSQL.
#include <algorithm>

#include "store_sql/postgres_session_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/row_codec.hpp"
#include "store_sql/session_codec.hpp"

namespace postern {
namespace {

namespace sql = postgres_sql;

PostgresParameters list_of(std::span<const std::string> list) {
  PostgresParameters parameters;
  parameters.texts(list, [](const std::string& text) { return std::string_view(text); });
  return parameters;
}

PostgresParameters insert_parameters(const std::vector<Session>& rows) {
  PostgresParameters parameters;
  parameters.texts(rows, [](const Session& s) { return std::string_view(s.id); })
      .texts(rows, [](const Session& s) { return std::string_view(s.account_id); })
      .texts(rows, [](const Session& s) { return to_string(s.kind); })
      .texts(rows, [](const Session& s) { return std::string_view(s.methods); })
      .bigints(rows, [](const Session& s) { return to_unix_ms(s.created_at); })
      .bigints(rows, [](const Session& s) { return to_unix_ms(s.last_used_at); })
      .bigints(rows, [](const Session& s) { return to_unix_ms(s.expires_at); })
      .texts(rows, [](const Session& s) { return std::string_view(s.token_hash); })
      .texts(rows, [](const Session& s) { return to_text(s.rotations); })
      .bigints(rows, [](const Session& s) { return s.credential_version; })
      .texts(rows, [](const Session& s) { return std::string_view(s.user_agent); })
      .texts(rows, [](const Session& s) { return std::string_view(s.ip); });
  return parameters;
}

PostgresParameters update_parameters(const std::vector<Session>& rows) {
  PostgresParameters parameters;
  parameters.texts(rows, [](const Session& s) { return std::string_view(s.id); })
      .bigints(rows, [](const Session& s) { return to_unix_ms(s.last_used_at); })
      .bigints(rows, [](const Session& s) { return to_unix_ms(s.expires_at); })
      .texts(rows, [](const Session& s) { return std::string_view(s.token_hash); })
      .texts(rows, [](const Session& s) { return to_text(s.rotations); })
      .bigints(rows, [](const Session& s) { return s.credential_version; })
      .texts(rows, [](const Session& s) { return std::string_view(s.user_agent); })
      .texts(rows, [](const Session& s) { return std::string_view(s.ip); })
      .bigints(rows, [](const Session& s) { return s.revision; });
  return parameters;
}

PostgresParameters refund_parameters(const std::vector<ThrottleRefund>& rows) {
  PostgresParameters parameters;
  parameters.texts(rows, [](const ThrottleRefund& r) { return std::string_view(r.key); })
      .bigints(rows, [](const ThrottleRefund& r) { return r.failures; })
      .bigints(rows, [](const ThrottleRefund& r) { return to_unix_ms(r.next_at); });
  return parameters;
}

Status conflict_unless(bool found) {
  if (found) return {};
  return Error{store_error::kConflict, Retry::kLater,
               "an account or a session was changed meanwhile"};
}

bool found_all(const PostgresResult& result, std::size_t wanted) {
  return result.affected() == static_cast<std::int64_t>(wanted);
}

}  // namespace

std::size_t PostgresStore::send_removals(const std::vector<Account>& accounts) {
  if (accounts.empty()) return 0;
  send(sql::kRemoveAccounts,
       PostgresParameters()
           .texts(accounts, [](const Account& a) { return std::string_view(a.id); })
           .bigints(accounts, [](const Account& a) { return a.revision; }));
  return 1;
}

void PostgresStore::send_sessions(const SessionChanges& changes) {
  if (!changes.ends.empty()) {
    const auto account = [](const SessionsEnd& e) { return std::string_view(e.account_id); };
    const auto kept = [](const SessionsEnd& e) { return std::string_view(e.keep_id); };
    send(sql::kEndSessions,
         PostgresParameters().texts(changes.ends, account).texts(changes.ends, kept));
  }
  if (!changes.removals.empty()) send(sql::kRemoveSessions, list_of(changes.removals));
  if (!changes.inserts.empty()) send(sql::kInsertSessions, insert_parameters(changes.inserts));
  // Addresses before their clients, as attempts take them.
  if (!changes.refunds.empty()) send(sql::kRefundThrottles, refund_parameters(changes.refunds));
  if (!changes.cleared_throttles.empty()) {
    send(sql::kClearThrottles, list_of(changes.cleared_throttles));
  }
  if (!changes.updates.empty()) send(sql::kUpdateSessions, update_parameters(changes.updates));
}

Status PostgresStore::check_sessions(const WriteBatch& batch,
                                     const std::vector<PostgresResult>& results) {
  if (!batch.removals.empty()) {
    const auto removed = conflict_unless(found_all(results.front(), batch.removals.size()));
    if (!removed) return removed;
  }
  const auto& updates = batch.sessions.updates;
  return conflict_unless(updates.empty() || found_all(results.back(), updates.size()));
}

Result<std::vector<Session>> PostgresStore::find_sessions(
    std::span<const std::string> account_ids) {
  send(sql::kFindSessions, list_of(account_ids));
  auto results = receive();
  if (!results) return results.error();
  std::vector<Session> sessions;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    sessions.push_back(read_session(RowView{found, row}));
  }
  return sessions;
}

Result<std::vector<LoginThrottle>> PostgresStore::take_throttles(
    std::span<const std::string> keys) {
  send(sql::kTakeThrottles, list_of(keys));
  auto results = receive();
  if (!results) return results.error();
  const auto& found = results->front();
  std::vector<LoginThrottle> throttles;
  for (int at = 0; at < found.rows(); ++at) {
    const RowView row{found, at};
    throttles.push_back({std::string(row.text(0)), row.integer(1), from_unix_ms(row.integer(2))});
  }
  const auto place = [&](const LoginThrottle& throttle) {
    return std::find(keys.begin(), keys.end(), throttle.key) - keys.begin();
  };
  std::sort(throttles.begin(), throttles.end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return throttles;
}

Status PostgresStore::put_throttles(std::span<const LoginThrottle> throttles) {
  send(sql::kPutThrottles,
       PostgresParameters()
           .texts(throttles, [](const LoginThrottle& t) { return std::string_view(t.key); })
           .bigints(throttles, [](const LoginThrottle& t) { return t.failures; })
           .bigints(throttles, [](const LoginThrottle& t) { return to_unix_ms(t.next_at); }));
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Result<std::vector<SigningKey>> PostgresStore::signing_keys() {
  send(sql::kSigningKeys, PostgresParameters());
  auto results = receive();
  if (!results) return results.error();
  std::vector<SigningKey> keys;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    keys.push_back(read_signing_key(RowView{found, row}));
  }
  return keys;
}

Status PostgresStore::put_signing_key(const SigningKey& key) {
  send(sql::kPutSigningKey, PostgresParameters()
                                .text(key.kid)
                                .text(key.algorithm)
                                .text(key.sealed)
                                .bigint(to_unix_ms(key.created_at))
                                .bigint(to_unix_ms(key.activates_at))
                                .bigint(optional_unix_ms(key.retired_at))
                                .bigint(optional_unix_ms(key.revoked_at)));
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Result<std::int64_t> PostgresStore::purge(const Purge& purge) {
  send(sql::kPurgeSessions,
       PostgresParameters().bigint(to_unix_ms(purge.sessions_before)).bigint(purge.limit));
  send(sql::kPurgeThrottles, PostgresParameters()
                                 .bigint(to_unix_ms(purge.throttles_before))
                                 .bigint(purge.limit)
                                 .bigint(purge.throttles_kept));
  auto results = receive();
  if (!results) return results.error();
  return std::max(results->front().affected(), results->back().affected());
}

}  // namespace postern
