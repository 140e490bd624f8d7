// The store on PostgreSQL: a batch is one statement per table, and all its statements go out in
// one round trip. BEGIN travels with the first of them.
//
// Thread contract: as Store: one connection, one thread. Any number of processes may share the
// database: accounts are locked as they are read, outbox rows as they are claimed.
// Behind a connection pooler, which may give each transaction another server connection, nothing is
// kept in the session: settings are the transaction's own, and statements are not prepared.
// Does not retry: a lost connection is replaced by the next begin().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/audit_store.hpp"
#include "store/external_id_store.hpp"
#include "store/store.hpp"
#include "store_sql/columns.hpp"
#include "store_sql/postgres_connection.hpp"
#include "store_sql/postgres_statements.hpp"

namespace postern {

class PostgresStore final : public Store, public ExternalIdStore, public AuditStore {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& url);

  Status begin() override;
  Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) override;
  Result<std::vector<Account>> list_accounts(const AccountPage& page) override;
  Status write(const WriteBatch& batch) override;
  Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim& claim) override;
  Status change_outbox(const OutboxChanges& changes) override;
  Status write_mail_states(std::span<const MailStatus> states) override;
  Result<std::vector<MailStatus>> find_mail_states(const std::string& account_id,
                                                   std::size_t limit) override;
  Status end_leases() override;
  Result<std::int64_t> count_outbox(std::int64_t cap) override;
  Result<std::vector<Session>> find_sessions(std::span<const std::string> account_ids) override;
  Result<std::vector<LoginThrottle>> take_throttles(std::span<const std::string> keys) override;
  Status put_throttles(std::span<const LoginThrottle> throttles) override;
  Result<std::vector<SigningKey>> signing_keys() override;
  Status put_signing_key(const SigningKey& key) override;
  Result<std::vector<Client>> clients() override;
  Status put_client(const Client& client) override;
  Status remove_client(const std::string& id) override;
  Result<bool> use_assertion(const std::string& key, TimePoint expires_at, TimePoint now) override;
  Result<std::int64_t> remove_expired_sessions(const ExpiredSessions& expired) override;
  Result<std::int64_t> remove_expired_audit(TimePoint before, std::int64_t limit) override;
  Result<std::vector<AuditEntry>> find_audit(const AuditSpan& span) override;
  Result<std::optional<AuditEntry>> oldest_audit() override;
  Result<std::optional<MailStatePlace>> remove_expired_mail_states(TimePoint before,
                                                                   const MailStatePlace& after,
                                                                   std::int64_t limit) override;
  Result<OutboxBacklog> measure_backlog(std::int64_t dead_cap) override;
  Result<OutboxCensus> count_states(TimePoint now, std::span<const Duration> within) override;
  Result<std::vector<DeadRow>> find_dead(const DeadRow* after, std::size_t limit) override;
  Status replay_dead(std::span<const DeadReplay> rows, TimePoint now) override;
  Status drop_dead(std::span<const std::string> ids) override;
  Result<std::vector<bool>> find_unresolved(std::span<const RequestPlace> places) override;
  Result<std::vector<AcceptedRequest>> claim_requests(const RequestClaim& claim) override;
  Result<std::vector<ExternalId>> find_external_ids(
      std::span<const std::string> external_ids) override;
  Result<std::vector<ExternalId>> external_ids_of(
      std::span<const std::string> account_ids) override;
  Status add_external_ids(std::span<const ExternalId> ids) override;
  Status commit() override;
  void rollback() override;

 private:
  /// kBegun: BEGIN waits for a first statement to travel with.
  enum class State { kIdle, kBegun, kOpen };

  explicit PostgresStore(std::string url) : url_(std::move(url)) {}
  Status connect();
  static Status prepare(PostgresConnection& connection);
  /// Behind a pooler the statement's text goes out, else its name.
  void send_now(PostgresSql which, const PostgresParameters& parameters);
  /// `rows`: how many the statement must change; with any other number done() is a conflict. Text
  /// that cannot be stored is not sent: the next receive() is an error.
  void send(PostgresSql which, const PostgresParameters& parameters = {},
            std::optional<std::size_t> rows = {});
  /// The results of what was sent, without BEGIN's. A connection that gave store_unavailable is not
  /// used again.
  Result<std::vector<PostgresResult>> receive();
  /// Whether all that was sent has been done.
  Status done();
  /// The rows that the last statement found.
  template <class Table>
  Result<std::vector<typename Table::Row>> receive_rows() {
    auto results = receive();
    if (!results) return results.error();
    const auto& found = results->back();
    std::vector<typename Table::Row> rows(static_cast<std::size_t>(found.rows()));
    for (int at = 0; at < found.rows(); ++at) {
      if (!read_row<Table>(RowView{found, at}, rows[static_cast<std::size_t>(at)])) {
        return unknown_value();
      }
    }
    return rows;
  }
  void send_accounts(const WriteBatch& batch);
  void send_outbox(const std::vector<OutboxRow>& rows);
  void send_requests(const WriteBatch& batch);
  void send_sessions(const SessionChanges& changes);

  std::string url_;
  std::optional<PostgresConnection> connection_;
  State state_ = State::kIdle;
  bool pooled_ = false;
  /// Results of what begins a transaction, which come before those that were asked for.
  std::ptrdiff_t begin_results_ = 0;
  bool broken_ = false;
  /// Something that was to be sent was not: its text cannot be stored.
  bool refused_ = false;
  /// By statement sent.
  std::vector<std::optional<std::size_t>> expected_rows_;
};

}  // namespace postern
