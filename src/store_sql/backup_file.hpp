// A backup of an SQLite database: one SQLite file, marked by its application id, with a table
// `backup` beside the tables of the schema.
//
// Thread contract: may be called from any thread.
// Knows nothing of a restore's consequences: restored_database.hpp does.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace postern {

struct BackupRequest {
  /// The path of the database.
  std::string database;
  std::string file;
  /// Replaces an existing file.
  bool force = false;
  TimePoint now;
};

struct BackupReport {
  std::int64_t accounts = 0;
  /// In the outbox, dead letters aside.
  std::int64_t emails = 0;
  std::int64_t bytes = 0;
};

/// Copies the database, which servers may use meanwhile, as one transaction saw it: everything that
/// was committed before the call is in it. The copy grows in FILE.partial and gets its name when it
/// is verified and on the disk. Error: failed, with a cause for the operator; no FILE then.
Result<BackupReport> write_backup(const BackupRequest& request);

/// Copies a backup to the path `copy` and removes the mark there; gives the time of the backup.
/// Error: failed, with a cause for the operator; no copy then.
Result<TimePoint> unpack_backup(const std::string& file, const std::string& copy);

/// Removes an SQLite file and what may be beside it.
void remove_database(const std::string& path);

}  // namespace postern
