#include "store_sql/database_swap.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/crash_point.hpp"
#include "store_sql/private_file.hpp"
#include "store_sql/sqlite_connection.hpp"

namespace postern {
namespace {

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Status rename_file(const std::string& from, const std::string& to) {
  return rename(from.c_str(), to.c_str()) == 0 ? Status{} : file_error(from, "cannot be renamed");
}

/// The database keeps its name until the replacement takes it: without a file of that name a server
/// would make a new, empty one.
Status name_also(const std::string& path, const std::string& former) {
  if (link(path.c_str(), former.c_str()) == 0) return {};
  if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) return rename_file(path, former);
  return file_error(former, "cannot be written");
}

/// A log beside another database than its own would damage it.
Status move_log(const std::string& path, const std::string& former) {
  for (const char* part : {"-wal", "-journal"}) {
    if (!exists(path + part)) continue;
    if (auto moved = rename_file(path + part, former + part); !moved) return moved;
  }
  unlink((path + "-shm").c_str());
  return {};
}

Status sync_content(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return file_error(path, "cannot be read");
  const auto status = fsync(file) == 0 ? Status{} : file_error(path, "cannot be written");
  close(file);
  return status;
}

}  // namespace

Status close_database(const std::string& path) {
  if (!exists(path)) return {};
  auto db = SqliteConnection::open(path, SqliteConnection::Mode::kAsItIs);
  if (!db) return {};
  // Otherwise the end of the connection would remove the log of a damaged database.
  db->leave_log();
  // Needs the file alone, so that any other open connection refuses it, idle ones too.
  const auto changed = db->execute("PRAGMA journal_mode = DELETE");
  const int reason = db->last_code() & 0xFF;
  if (changed || (reason != SQLITE_BUSY && reason != SQLITE_LOCKED)) return {};
  return Error{"in_use", Retry::kLater,
               "another process has " + path + " open: stop app and worker first"};
}

Status swap_database(const std::string& path, const std::string& replacement,
                     const std::string& former) {
  if (auto closed = close_database(replacement); !closed) return closed;
  if (exists(replacement + "-wal")) {
    return Error{"failed", Retry::kNever, replacement + " cannot be completed"};
  }
  give_to_owner_of(path, replacement);
  if (auto synced = sync_content(replacement); !synced) return synced;
  if (auto closed = close_database(path); !closed) return closed;
  if (exists(path)) {
    if (auto named = name_also(path, former); !named) return named;
  }
  if (auto moved = move_log(path, former); !moved) return moved;
  if (auto synced = sync_folder_of(path); !synced) return synced;
  crash_point("restore.before_naming");
  if (auto renamed = rename_file(replacement, path); !renamed) return renamed;
  return sync_folder_of(path);
}

}  // namespace postern
