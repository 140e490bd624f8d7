// SQLite's write-ahead log, beside the writer (sqlite.org/wal.html): synced by the thread that
// waits for it, and copied into the database by a thread of its own, which the writer would else do
// between two commits while all operations wait.
//
//   commit ─► pages in the log ─► enough new ones? ─► the thread: wal_checkpoint(PASSIVE), sync
//         └─► sync() ─► on the disk
//
// The log begins anew only when everything in it is copied, and under load something always came
// meanwhile: when the log has its full size, the writer copies the little that is left itself.
//
// Thread contract: made, and destroyed before its writer, by the writer's thread; sync() belongs to
// one thread at a time, any. A thread of its own starts with the first checkpoint.
// Errors of checkpoints are ignored: pages that could not be copied stay in the log.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/limits.hpp"
#include "base/signal.hpp"
#include "store_sql/sqlite_connection.hpp"

namespace postern {

struct CheckpointPages {
  /// New pages in the log for which the thread makes a checkpoint.
  int beside = limits::kSqliteCheckpointPages;
  /// Pages in the log at which the writer makes one itself.
  int whole_log = limits::kSqliteLogPages;
};

class SqliteLog {
 public:
  /// `writer` makes no checkpoints by itself from here on; it outlives the log.
  SqliteLog(std::string path, SqliteConnection& writer, CheckpointPages pages = {});
  ~SqliteLog();
  SqliteLog(const SqliteLog&) = delete;
  SqliteLog& operator=(const SqliteLog&) = delete;

  /// Makes all commits of the writer durable. No system call where there were none.
  Status sync();

 private:
  static int after_commit(void* self, sqlite3* writer, const char* schema, int pages);
  void ask_for_checkpoint();
  void make_checkpoints();

  const std::string path_;
  const CheckpointPages pages_;
  sqlite3_file* const file_;
  std::atomic<bool> unsynced_ = true;
  /// Pages in the log when the thread was asked last.
  int asked_at_ = 0;
  std::atomic<bool> stopping_ = false;
  Signal signal_;
  std::thread thread_;
};

}  // namespace postern
