#include "store_sql/sqlite_store.hpp"

#include <unordered_set>

#include "store_sql/row_codec.hpp"

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

std::int64_t unix_ms_now() {
  return to_unix_ms(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
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

Result<std::vector<Account>> SqliteStore::find_accounts(std::span<const AccountRef> refs) {
  if (auto checked = check_text(refs); !checked) return checked.error();
  std::vector<Account> accounts;
  std::unordered_set<std::string> seen;
  std::optional<Error> unreadable;
  for (const auto& ref : refs) {
    auto& find =
        statement(ref.by == AccountRef::By::kId ? SqliteSql::kFindById : SqliteSql::kFindByKey);
    find.bind(ref.value);
    const int code = find.each_row([&](const SqliteStatement& row) {
      if (!seen.emplace(row.text(0)).second) return;
      auto account = read_account(row);
      if (account) {
        accounts.push_back(*std::move(account));
      } else {
        unreadable = account.error();
      }
    });
    if (code != SQLITE_DONE) return failure();
    if (unreadable) return *unreadable;
  }
  return accounts;
}

Result<std::vector<Account>> SqliteStore::list_accounts(const AccountPage& page) {
  if (auto checked = check_text(page); !checked) return checked.error();
  std::vector<Account> accounts;
  std::optional<Error> unreadable;
  auto& list = statement(SqliteSql::kListAccounts);
  // A view of nothing would be bound as NULL.
  list.bind(page.after, page.state ? to_string(*page.state) : std::string_view(""),
            static_cast<std::int64_t>(page.limit));
  const int code = list.each_row([&](const SqliteStatement& row) {
    auto account = read_account(row);
    if (account) {
      accounts.push_back(*std::move(account));
    } else {
      unreadable = account.error();
    }
  });
  if (code != SQLITE_DONE) return failure();
  if (unreadable) return *unreadable;
  return accounts;
}

Status SqliteStore::account_status(Status status) {
  if (!status && is_uniqueness(session_->db.last_code())) {
    return conflict("the address or the id is taken");
  }
  return status;
}

Status SqliteStore::insert_account(const Account& account) {
  const auto& [first, second, third] = account.mail_windows;
  return account_status(
      run(SqliteSql::kInsertAccount, account.id, account.email, account.email_key,
          to_string(account.state), account.password_hash, account.credential_version,
          account.locale, to_unix_ms(account.created_at), to_unix_ms(account.updated_at),
          to_unix_ms(first.started_at), first.count, account.display_name, account.pending_email,
          to_unix_ms(second.started_at), second.count, to_unix_ms(third.started_at), third.count,
          to_unix_ms(account.recovery_sent_at), to_unix_ms(account.already_registered_at)));
}

Status SqliteStore::update_account(const Account& account) {
  const auto& [first, second, third] = account.mail_windows;
  auto status = account_status(
      run(SqliteSql::kUpdateAccount, account.id, account.email, account.email_key,
          to_string(account.state), account.password_hash, account.credential_version,
          account.locale, to_unix_ms(account.updated_at), to_unix_ms(first.started_at), first.count,
          account.revision, account.display_name, account.pending_email,
          to_unix_ms(second.started_at), second.count, to_unix_ms(third.started_at), third.count,
          to_unix_ms(account.recovery_sent_at), to_unix_ms(account.already_registered_at)));
  if (status && session_->db.changes() != 1) return conflict("the account was changed meanwhile");
  return status;
}

Status SqliteStore::insert_outbox(const OutboxRow& row) {
  auto done =
      run(SqliteSql::kInsertOutbox, row.id, row.kind, row.body, row.traceparent,
          to_unix_ms(row.created_at), to_unix_ms(row.available_at), std::int64_t{row.attempts},
          row.account_id, row.event_type, row.event, to_unix_ms(row.leased_until), row.lease_owner,
          static_cast<std::int64_t>(row.priority));
  if (!done || row.body.empty()) return done;
  return run(SqliteSql::kInsertMailState, row.account_id, row.id, row.kind,
             to_unix_ms(row.created_at));
}

Status SqliteStore::write(const WriteBatch& batch) {
  if (auto checked = check_text(batch); !checked) return checked;
  // First: an address that is free again may be taken by the same batch.
  for (const auto& account : batch.removals) {
    if (auto done = remove_account(account); !done) return done;
  }
  for (const auto& account : batch.inserts) {
    if (auto done = insert_account(account); !done) return done;
  }
  for (const auto& account : batch.updates) {
    if (auto done = update_account(account); !done) return done;
  }
  for (const auto& row : batch.outbox) {
    if (auto done = insert_outbox(row); !done) return done;
  }
  for (const auto& account : batch.removals) {
    if (auto done = run(SqliteSql::kDeleteMailStates, account.id); !done) return done;
    if (auto done = run(SqliteSql::kRemoveExternalId, account.id); !done) return done;
  }
  for (const auto& entry : batch.audit) {
    auto done = run(SqliteSql::kInsertAudit, entry.id, to_unix_ms(entry.at), entry.action,
                    entry.outcome, entry.account_id, entry.request_id);
    if (!done) return done;
  }
  if (auto done = write_requests(batch); !done) return done;
  return write_sessions(batch.sessions);
}

Result<std::vector<OutboxRow>> SqliteStore::claim_outbox(const OutboxClaim& claim) {
  if (auto checked = check_text(claim); !checked) return checked.error();
  std::vector<OutboxRow> rows;
  for (const auto which : {SqliteSql::kClaim, SqliteSql::kClaimAhead}) {
    if (!rows.empty()) break;
    auto& take = statement(which);
    take.bind(to_unix_ms(claim.now), to_unix_ms(claim.leased_until), claim.owner,
              static_cast<std::int64_t>(claim.limit), std::int64_t{claim.counts},
              static_cast<std::int64_t>(claim.order[0]), static_cast<std::int64_t>(claim.order[1]),
              static_cast<std::int64_t>(claim.order[2]));
    const int code = take.each_row([&](const SqliteStatement& row) {
      rows.push_back(read_outbox_row(row));
      rows.back().unknown_outcomes = static_cast<int>(row.integer(12));
    });
    if (code != SQLITE_DONE) return failure();
  }
  sort_as_claimed(rows);
  return rows;
}

Status SqliteStore::change_outbox(const OutboxChanges& changes) {
  if (auto checked = check_text(changes); !checked) return checked;
  for (const auto& id : changes.done) {
    if (auto done = run(SqliteSql::kDelete, id); !done) return done;
  }
  for (const auto& row : changes.deferred) {
    auto done =
        run(SqliteSql::kDefer, row.id, to_unix_ms(row.available_at), std::int64_t{row.attempts},
            clean_reason(row.reason), std::int64_t{row.unknown_outcomes});
    if (!done) return done;
  }
  const std::int64_t dead_at = unix_ms_now();
  for (const auto& row : changes.dead) {
    auto done = run(SqliteSql::kDeadLetter, row.id, dead_at, std::int64_t{row.attempts},
                    clean_reason(row.reason));
    if (!done) return done;
  }
  for (const auto& id : changes.released) {
    if (auto done = run(SqliteSql::kRelease, id); !done) return done;
  }
  return {};
}

Status SqliteStore::write_mail_states(std::span<const MailStatus> states) {
  if (auto checked = check_text(states); !checked) return checked;
  for (const auto& entry : states) {
    auto done = run(SqliteSql::kUpdateMailState, entry.account_id, entry.mail_id,
                    to_string(entry.outcome), to_unix_ms(entry.changed_at),
                    to_unix_ms(entry.next_attempt_at), clean_reason(entry.reply));
    if (!done) return done;
  }
  return {};
}

Result<std::vector<MailStatus>> SqliteStore::find_mail_states(const std::string& account_id,
                                                              std::size_t limit) {
  std::vector<MailStatus> states;
  auto& find = statement(SqliteSql::kFindMailStates);
  find.bind(account_id, static_cast<std::int64_t>(limit));
  const int code =
      find.each_row([&](const SqliteStatement& row) { states.push_back(read_mail_status(row)); });
  if (code != SQLITE_DONE) return failure();
  return states;
}

Status SqliteStore::end_leases() { return run(SqliteSql::kEndLeases); }

Result<std::int64_t> SqliteStore::count_outbox(std::int64_t cap) {
  std::int64_t count = 0;
  auto& counting = statement(SqliteSql::kCount);
  counting.bind(cap);
  const int code = counting.each_row([&](const SqliteStatement& row) { count = row.integer(0); });
  if (code != SQLITE_DONE) return failure();
  return count;
}

Result<OutboxCensus> SqliteStore::count_states(TimePoint now, std::span<const Duration> within) {
  OutboxCensus census;
  auto& dead = statement(SqliteSql::kCountDead);
  int code = dead.each_row([&](const SqliteStatement& row) { census.dead = row.integer(0); });
  if (code != SQLITE_DONE) return failure();
  auto& counting = statement(SqliteSql::kCountDue);
  std::vector<std::int64_t> free;
  for (std::int64_t from = -1; const auto end : census_ends(now, within)) {
    counting.bind(from, end, to_unix_ms(now));
    code = counting.each_row([&](const SqliteStatement& row) {
      census.leased += row.integer(1);
      free.push_back(row.integer(0) - row.integer(1));
      if (free.size() == 1) census.bulk = row.integer(2);
    });
    if (code != SQLITE_DONE) return failure();
    from = end;
  }
  census.waiting = free.front();
  census.deferred.assign(free.begin() + 1, free.end());
  return census;
}

Result<std::vector<DeadRow>> SqliteStore::find_dead(const DeadRow* after, std::size_t limit) {
  std::vector<DeadRow> rows;
  auto& find = statement(SqliteSql::kFindDead);
  const std::int64_t dead_at = after ? to_unix_ms(after->dead_at) : 0;
  find.bind(dead_at, after ? std::string_view(after->row.id) : std::string_view(""),
            static_cast<std::int64_t>(limit));
  const int code =
      find.each_row([&](const SqliteStatement& row) { rows.push_back(read_dead_row(row)); });
  if (code != SQLITE_DONE) return failure();
  return rows;
}

Status SqliteStore::replay_dead(std::span<const DeadReplay> rows, TimePoint now) {
  if (auto checked = check_text(rows); !checked) return checked;
  for (const auto& row : rows) {
    if (auto done = run(SqliteSql::kReplayDead, row.id, row.body, to_unix_ms(now)); !done) {
      return done;
    }
  }
  return {};
}

Status SqliteStore::drop_dead(std::span<const std::string> ids) {
  if (auto checked = check_text(ids); !checked) return checked;
  for (const auto& id : ids) {
    if (auto done = run(SqliteSql::kDropDead, id); !done) return done;
  }
  return {};
}

}  // namespace postern
