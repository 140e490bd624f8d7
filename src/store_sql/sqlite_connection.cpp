#include "store_sql/sqlite_connection.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/limits.hpp"
#include "store/store.hpp"

namespace postern {
namespace {

Error unavailable(std::string detail) {
  return Error{store_error::kUnavailable, Retry::kLater, "sqlite: " + std::move(detail)};
}

/// SQLite would create the file for all to read, and its -wal and -shm after its image.
Status create_private_file(const std::string& path) {
  std::error_code failure;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!std::filesystem::exists(folder, failure)) {
    std::filesystem::create_directories(folder, failure);
    if (failure) return unavailable("cannot create the folder: " + failure.message());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  }
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return unavailable("cannot create the file");
  ::close(file);
  return {};
}

}  // namespace

Status sync_file(sqlite3_file* file) {
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  return code == SQLITE_OK ? Status{} : unavailable(sqlite3_errstr(code));
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path, Mode mode) {
  if (mode == Mode::kCreate) {
    if (auto created = create_private_file(path); !created) return created.error();
  }
  // SQLite's memory use is never read, and counting it takes a mutex per allocation. Once for
  // the process, before its first connection.
  [[maybe_unused]] static const int counting_off = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteConnection connection(db);
  if (code != SQLITE_OK) return unavailable(sqlite3_errstr(code));
  sqlite3_extended_result_codes(db, 1);
  if (mode == Mode::kAsItIs) return connection;
  if (auto configured = connection.configure(); !configured) return configured.error();
  return connection;
}

Status SqliteConnection::configure() {
  sqlite3_busy_timeout(
      db_.get(), static_cast<int>(std::chrono::milliseconds(limits::kSqliteBusyTimeout).count()));
  const std::string settings =
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
      "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = " +
      std::to_string(limits::kSqliteLogPages) + "; PRAGMA cache_size = -" +
      std::to_string(limits::kSqliteCacheKib);
  if (auto done = execute(settings); !done) return done;

  // Two processes that turn a new file to WAL at once: the busy handler is not asked then.
  const auto deadline = std::chrono::steady_clock::now() + limits::kSqliteBusyTimeout;
  auto turned = execute("PRAGMA journal_mode = WAL");
  while (!turned && (last_code() & 0xFF) == SQLITE_BUSY &&
         std::chrono::steady_clock::now() < deadline) {
    sqlite3_sleep(2);
    turned = execute("PRAGMA journal_mode = WAL");
  }
  if (!turned) return turned;

  auto mode = prepare("PRAGMA journal_mode");
  if (!mode) return mode.error();
  bool wal = false;
  mode->each_row([&](const SqliteStatement& row) { wal = row.text(0) == "wal"; });
  return wal ? Status{} : unavailable("the file system does not carry write-ahead logging");
}

Result<SqliteStatement> SqliteConnection::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return last_error();
  return SqliteStatement(statement);
}

Status SqliteConnection::execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return last_error();
}

sqlite3_file* SqliteConnection::log_file() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  return file;
}

Status SqliteConnection::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Another connection is at it.
  if (code == SQLITE_BUSY) return {};
  if (code != SQLITE_OK) return last_error();
  // SQLite syncs only when it has copied the whole log, and then what all checkpoints have copied.
  sqlite3_file* database = nullptr;
  sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &database);
  return sync_file(database);
}

Status SqliteConnection::checkpoint_all() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? Status{} : last_error();
}

Error SqliteConnection::last_error() const {
  const std::string detail = std::string("sqlite: ") + sqlite3_errmsg(db_.get());
  switch (last_code() & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return Error{store_error::kRejected, Retry::kNever, detail};
    default:
      return Error{store_error::kUnavailable, Retry::kLater, detail};
  }
}

}  // namespace postern
