#include "store_sql/backup_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "base/crash_point.hpp"
#include "store_sql/private_file.hpp"
#include "store_sql/sqlite_connection.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

/// "Pstn", in the header of the file (SQLite, "Database File Format", offset 68).
constexpr std::int64_t kApplicationId = 0x5073746E;
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kApplicationIdAt = 68;

Error failed(std::string cause) { return {"failed", Retry::kNever, std::move(cause)}; }

Status check_target(const BackupRequest& request) {
  std::error_code ignored;
  if (!fs::exists(request.database, ignored)) return failed("there is no " + request.database);
  if (fs::equivalent(request.database, request.file, ignored)) {
    return failed(request.file + " is the database itself");
  }
  if (!request.force && fs::exists(request.file, ignored)) {
    return failed(request.file + " exists; --force replaces it");
  }
  return {};
}

/// One statement is one transaction, so the writers of the log are not held up and change nothing
/// in the copy. Content of deleted rows is not copied.
Status copy_database(const std::string& database, const std::string& file) {
  auto db = SqliteConnection::open(database, SqliteConnection::Mode::kExisting);
  if (!db) return db.error();
  auto copy = db->prepare("VACUUM INTO ?1");
  if (!copy) return copy.error();
  copy->bind(file);
  return copy->run() == SQLITE_DONE ? Status{} : Status{db->last_error()};
}

Result<std::int64_t> number(SqliteConnection& db, const std::string& sql) {
  auto query = db.prepare(sql);
  if (!query) return query.error();
  std::int64_t value = 0;
  const int code = query->each_row([&](const SqliteStatement& row) { value = row.integer(0); });
  if (code != SQLITE_DONE) return db.last_error();
  return value;
}

Status check_integrity(SqliteConnection& db) {
  auto check = db.prepare("PRAGMA integrity_check(1)");
  if (!check) return check.error();
  std::string found;
  const int code = check->each_row([&](const SqliteStatement& row) { found = row.text(0); });
  if (code != SQLITE_DONE) return db.last_error();
  if (found == "ok") return {};
  std::ranges::replace(found, '\n', ' ');
  return failed("the copy is damaged: " + found);
}

/// The file has no name yet that a journal could restore it under.
Status mark(SqliteConnection& db, TimePoint now) {
  return db.execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
      "PRAGMA application_id = " +
      std::to_string(kApplicationId) +
      "; DROP TABLE IF EXISTS backup; CREATE TABLE backup (created_at INTEGER NOT NULL) STRICT;"
      "INSERT INTO backup VALUES (" +
      std::to_string(to_unix_ms(now)) + ")");
}

Result<BackupReport> complete(const std::string& file, TimePoint now) {
  auto db = SqliteConnection::open(file, SqliteConnection::Mode::kAsItIs);
  if (!db) return db.error();
  if (auto marked = mark(*db, now); !marked) return marked.error();
  if (auto checked = check_integrity(*db); !checked) return checked.error();
  const auto accounts = number(*db, "SELECT count(*) FROM account");
  if (!accounts) return accounts.error();
  const auto emails =
      number(*db, "SELECT count(*) FROM outbox WHERE dead_at IS NULL AND body <> ''");
  if (!emails) return emails.error();
  return BackupReport{*accounts, *emails};
}

Error about(const std::string& file, const Error& error) {
  return failed(file + ": " + error.cause);
}

/// Before anything is copied: the file may be large, and not ours.
Status check_mark(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) return failed(file + " cannot be read");
  std::array<char, kHeaderBytes> header{};
  in.read(header.data(), header.size());
  constexpr std::string_view kSqlite("SQLite format 3\0", 16);
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    id = id * 256 + static_cast<unsigned char>(header[kApplicationIdAt + i]);
  }
  if (in && std::string_view(header.data(), kSqlite.size()) == kSqlite && id == kApplicationId) {
    return {};
  }
  return failed(file + " is no file of `postern backup`");
}

Result<TimePoint> read_and_unmark(const std::string& copy) {
  auto db = SqliteConnection::open(copy, SqliteConnection::Mode::kAsItIs);
  if (!db) return db.error();
  if (auto checked = check_integrity(*db); !checked) return checked.error();
  const auto created_at = number(*db, "SELECT created_at FROM backup");
  if (!created_at) return created_at.error();
  auto unmarked =
      db->execute("PRAGMA journal_mode = OFF; PRAGMA application_id = 0; DROP TABLE backup");
  if (!unmarked) return unmarked.error();
  return from_unix_ms(*created_at);
}

}  // namespace

Result<BackupReport> write_backup(const BackupRequest& request) {
  if (auto checked = check_target(request); !checked) return checked.error();
  auto partial = PrivateFile::make(request.file + ".partial");
  if (!partial) return partial.error();
  if (auto copied = copy_database(request.database, partial->path()); !copied) {
    return about(request.file, copied.error());
  }
  crash_point("backup.before_naming");
  auto report = complete(partial->path(), request.now);
  if (!report) return about(request.file, report.error());
  std::error_code ignored;
  report->bytes = static_cast<std::int64_t>(fs::file_size(partial->path(), ignored));
  if (auto moved = partial->move_to(request.file, request.force); !moved) return moved.error();
  return report;
}

Result<TimePoint> unpack_backup(const std::string& file, const std::string& copy) {
  if (auto checked = check_mark(file); !checked) return checked.error();
  auto made = PrivateFile::make(copy + ".partial");
  if (!made) return made.error();
  if (auto copied = made->copy_from(file); !copied) return copied.error();
  const auto created_at = read_and_unmark(made->path());
  if (!created_at) return about(file, created_at.error());
  remove_database(copy);
  if (auto moved = made->move_to(copy, true); !moved) return moved.error();
  return created_at;
}

void remove_database(const std::string& path) {
  for (const char* part : {"", "-wal", "-shm", "-journal"}) unlink((path + part).c_str());
}

}  // namespace postern
