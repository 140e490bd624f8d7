// SQLite as RAII and errors as values, over its own C interface: SQLiteCpp would turn every full
// disk and every conflict into an exception.
//
// Thread contract: a connection and its statements belong to one thread.
// Knows no tables.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  /// Binds ?1, ?2, … A view is not copied: it must live until the statement has run.
  template <class... Values>
  void bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
  }

  void bind_at(int index, std::string_view text) {
    // A view of nothing would be bound as NULL.
    sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind_at(int index, const std::string& text) {
    sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  }
  void bind_at(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), index, number);
  }

  /// Runs to the end, calling `row(*this)` for each row. SQLITE_DONE, or the error.
  template <class Row>
  int each_row(Row&& row) {
    int code = sqlite3_step(statement_.get());
    while (code == SQLITE_ROW) {
      row(static_cast<const SqliteStatement&>(*this));
      code = sqlite3_step(statement_.get());
    }
    sqlite3_reset(statement_.get());
    return code;
  }

  /// Runs a statement whose rows do not matter.
  int run() {
    return each_row([](const SqliteStatement&) {});
  }

  std::string_view text(int column) const {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    const auto size = sqlite3_column_bytes(statement_.get(), column);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// `file` is on the disk. May run beside the connection that it belongs to.
Status sync_file(sqlite3_file* file);

class SqliteConnection {
 public:
  enum class Mode { kExisting, kCreate, kAsItIs };

  /// WAL, synchronous=FULL, foreign keys. kCreate makes the file and its folder where they are
  /// missing, readable only by their owner. kAsItIs sets neither WAL nor a time to wait for locks:
  /// for files that no server uses.
  static Result<SqliteConnection> open(const std::string& path, Mode mode);

  Result<SqliteStatement> prepare(const std::string& sql);
  /// One or several statements without parameters and without rows.
  Status execute(const std::string& sql);

  /// `call` (SQLite, sqlite3_wal_hook) gets `context` and the pages in the write-ahead log after
  /// every commit that wrote; the connection makes no checkpoints by itself from here on.
  void on_commit(int (*call)(void*, sqlite3*, const char*, int), void* context) {
    sqlite3_wal_hook(db_.get(), call, context);
  }
  /// A commit is on the disk only when log_file() is synced. Not within a transaction.
  Status sync_no_commits() { return execute("PRAGMA synchronous = NORMAL"); }
  /// The write-ahead log; it lives as long as the connection.
  sqlite3_file* log_file() const;
  /// Copies what it can of the write-ahead log without waiting for other connections, and
  /// syncs it.
  Status checkpoint();
  /// Copies and empties the write-ahead log. Error: not all of it could be copied.
  Status checkpoint_all();
  /// The end of the connection will not copy the write-ahead log.
  void leave_log() { sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  /// How many rows the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(db_.get()); }
  /// The last failure; it names tables and columns, never values.
  Error last_error() const;
  /// Extended result code of the last failure.
  int last_code() const { return sqlite3_extended_errcode(db_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };

  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  Status configure();

  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace postern
