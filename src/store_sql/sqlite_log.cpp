#include "store_sql/sqlite_log.hpp"

#include <pthread.h>

#include <optional>

namespace postern {

SqliteLog::SqliteLog(std::string path, SqliteConnection& writer, CheckpointPages pages)
    : path_(std::move(path)), pages_(pages), file_(writer.log_file()) {
  writer.on_commit(after_commit, this);
}

SqliteLog::~SqliteLog() {
  stopping_ = true;
  signal_.notify();
  if (thread_.joinable()) thread_.join();
}

Status SqliteLog::sync() { return unsynced_.exchange(false) ? sync_file(file_) : Status{}; }

int SqliteLog::after_commit(void* self, sqlite3* writer, const char*, int pages) {
  auto& log = *static_cast<SqliteLog*>(self);
  log.unsynced_ = true;
  if (pages < log.asked_at_) log.asked_at_ = 0;
  if (pages >= log.pages_.whole_log) {
    sqlite3_wal_checkpoint_v2(writer, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  } else if (pages - log.asked_at_ >= log.pages_.beside) {
    log.asked_at_ = pages;
    log.ask_for_checkpoint();
  }
  // Anything else would turn a commit that is done into an error.
  return SQLITE_OK;
}

void SqliteLog::ask_for_checkpoint() {
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { make_checkpoints(); });
    pthread_setname_np(thread_.native_handle(), "checkpoint");
  }
  signal_.notify();
}

void SqliteLog::make_checkpoints() {
  std::optional<SqliteConnection> own;
  std::uint64_t seen = 0;
  while (signal_.wait(seen, std::chrono::steady_clock::time_point::max()) && !stopping_) {
    seen = signal_.generation();
    if (!own) {
      if (auto opened = SqliteConnection::open(path_, SqliteConnection::Mode::kExisting)) {
        own = *std::move(opened);
      }
    }
    if (own && !own->checkpoint()) own.reset();
  }
}

}  // namespace postern
