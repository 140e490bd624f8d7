// SqliteStore: the file and its transactions.
#include "store_sql/sqlite_store.hpp"

#include "store_sql/mail_tables.hpp"

namespace postern {
namespace {

/// Whether a new connection may do better than this one (SQLite, "Result and Error Codes").
bool is_damage(int code) {
  switch (code & 0xFF) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return true;
    default:
      return false;
  }
}

bool is_uniqueness(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

Error not_synced() {
  return Error{store_error::kUnavailable, Retry::kLater, "sqlite: a commit did not reach the disk"};
}

Error conflict(const char* detail) { return Error{store_error::kConflict, Retry::kLater, detail}; }

}  // namespace

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  if (auto opened = store->open_session(); !opened) return opened.error();
  return std::unique_ptr<Store>(std::move(store));
}

Status SqliteStore::open_session() {
  const std::lock_guard lock(log_mutex_);
  session_.reset();
  damaged_ = false;
  auto db = SqliteConnection::open(path_, SqliteConnection::Mode::kExisting);
  if (!db) return db.error();
  OpenFile session{*std::move(db), {}, nullptr};
  for (std::size_t i = 0; i < session.statements.size(); ++i) {
    auto prepared = session.db.prepare(text_of(static_cast<SqliteSql>(i)));
    if (!prepared) return prepared.error();
    session.statements[i] = *std::move(prepared);
  }
  if (auto entered = enter_log(session); !entered) return entered;
  session_.emplace(std::move(session));
  return {};
}

Status SqliteStore::enter_log(OpenFile& session) {
  if (log_doubtful_) {
    // Pages whose writing failed once count as written: only a copy of them is sure to be.
    if (auto copied = session.db.checkpoint_all(); !copied) {
      session.db.leave_log();
      return copied;
    }
    log_doubtful_ = false;
  }
  if (sync_deferred_) {
    if (auto set = session.db.sync_no_commits(); !set) return set;
  }
  session.log = std::make_unique<SqliteLog>(path_, session.db);
  // The first sync is also the folder's, and SQLite would note that beside the writer.
  return session.log->sync();
}

Error SqliteStore::failure() {
  if (is_damage(session_->db.last_code())) damaged_ = true;
  return session_->db.last_error();
}

Status SqliteStore::begin() {
  rollback();
  if (sync_failed_ || (session_ && damaged_ && sync_deferred_ && !sync())) return not_synced();
  if (!session_ || damaged_) {
    if (auto opened = open_session(); !opened) return opened;
  }
  return run(SqliteSql::kBegin);
}

bool SqliteStore::defer_sync() {
  sync_deferred_ = session_ && session_->db.sync_no_commits();
  return sync_deferred_;
}

Status SqliteStore::sync() {
  const std::lock_guard lock(log_mutex_);
  auto status = session_ && !sync_failed_ ? session_->log->sync() : not_synced();
  if (!status) sync_failed_ = true;
  return status;
}

void SqliteStore::restart() {
  if (!sync_failed_) return;
  const std::lock_guard lock(log_mutex_);
  log_doubtful_ = true;
  // A copy would take what the disk has lost for what was committed; reading the log anew finds it.
  if (session_) session_->db.leave_log();
  session_.reset();
  sync_failed_ = false;
}

Status SqliteStore::commit() {
  auto status = run(SqliteSql::kCommit);
  if (!status) rollback();
  return status;
}

void SqliteStore::rollback() {
  // After some errors SQLite has rolled back by itself.
  if (!session_ || !session_->db.in_transaction()) return;
  if (!run(SqliteSql::kRollback)) damaged_ = true;
}

Status SqliteStore::inserted(Status status) {
  if (!status && is_uniqueness(session_->db.last_code())) {
    return conflict("the address or the id is taken");
  }
  return status;
}

Status SqliteStore::changed(Status status) {
  if (status && session_->db.changes() != 1) return conflict("a row was changed meanwhile");
  return status;
}

Status SqliteStore::write(const WriteBatch& batch) {
  if (auto done = write_accounts(batch); !done) return done;
  for (const auto& row : batch.outbox) {
    if (auto done = insert_outbox(row); !done) return done;
  }
  // Behind the outbox: an account's last email leaves no state.
  for (const auto& account : batch.removals) {
    if (auto done = run(SqliteSql::kDeleteMailStates, account.id); !done) return done;
    if (auto done = run(SqliteSql::kRemoveExternalId, account.id); !done) return done;
  }
  for (const auto& entry : batch.audit) {
    if (auto done = run_row<AuditTable>(SqliteSql::kInsertAudit, entry); !done) return done;
  }
  if (auto done = write_requests(batch); !done) return done;
  return write_sessions(batch.sessions);
}

}  // namespace postern
