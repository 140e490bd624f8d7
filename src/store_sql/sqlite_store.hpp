// The store on SQLite: one file, one writer at a time, every statement prepared once.
//
// Thread contract: as Store: one connection, one thread. Another process may have the file open.
// Does not wait for a lock for longer than limits::kSqliteBusyTimeout.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/audit_store.hpp"
#include "store/external_id_store.hpp"
#include "store/store.hpp"
#include "store_sql/sqlite_binder.hpp"
#include "store_sql/sqlite_log.hpp"
#include "store_sql/sqlite_statements.hpp"

namespace postern {

class SqliteStore final : public Store, public ExternalIdStore, public AuditStore {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path);

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
  bool defer_sync() override;
  Status sync() override;
  void restart() override;

 private:
  struct OpenFile {
    SqliteConnection db;
    std::array<SqliteStatement, kSqliteSqlCount> statements;
    std::unique_ptr<SqliteLog> log;
  };

  explicit SqliteStore(std::string path) : path_(std::move(path)) {}
  Status open_session();
  Status enter_log(OpenFile& session);

  /// Binds the values and runs the statement, calling `on_row(row)` for each row.
  template <class OnRow, class... Values>
  Status query(SqliteSql which, OnRow on_row, const Values&... values) {
    auto& statement = statement_of(which);
    if (!bind_values(statement, values...)) return text_refused();
    return statement.each_row(on_row) == SQLITE_DONE ? Status{} : failure();
  }
  /// The same for a statement whose rows do not matter.
  template <class... Values>
  Status run(SqliteSql which, const Values&... values) {
    return query(which, [](const SqliteStatement&) {}, values...);
  }
  /// An insert or an update of the table.
  template <class Table>
  Status run_row(SqliteSql which, const typename Table::Row& row) {
    auto& statement = statement_of(which);
    if (!bind_row<Table>(statement, row)) return text_refused();
    return statement.run() == SQLITE_DONE ? Status{} : failure();
  }
  /// Appends the table's rows that the statement finds.
  template <class Table, class... Values>
  Status find_rows(std::vector<typename Table::Row>& rows, SqliteSql which,
                   const Values&... values) {
    bool readable = true;
    auto found = query(
        which,
        [&](const SqliteStatement& source) {
          readable &= read_row<Table>(source, rows.emplace_back());
        },
        values...);
    return found && !readable ? unknown_value() : found;
  }
  SqliteStatement& statement_of(SqliteSql which) {
    return session_->statements[static_cast<std::size_t>(which)];
  }
  /// The last failure; a broken file is opened anew by the next begin().
  Error failure();
  /// For inserts: an address or id that is taken is a conflict.
  Status inserted(Status status);
  /// For updates and removals of one row, which must have been found.
  Status changed(Status status);
  Status write_accounts(const WriteBatch& batch);
  Status insert_outbox(const OutboxRow& row);
  Status write_requests(const WriteBatch& batch);
  Status write_sessions(const SessionChanges& changes);

  std::string path_;
  std::optional<OpenFile> session_;
  bool damaged_ = false;
  bool sync_deferred_ = false;
  /// Guards the place of the session against sync(), which is about its log.
  std::mutex log_mutex_;
  /// A commit could not be synced: no operation runs before restart().
  std::atomic<bool> sync_failed_ = false;
  /// The log has what the disk may not have.
  bool log_doubtful_ = false;
};

}  // namespace postern
