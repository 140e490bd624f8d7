// The database interface of migrations and restores: plain statements, and a lock that processes
// share.
//
// Thread contract: belongs to one thread.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "store_sql/database_url.hpp"

namespace postern {

class SchemaSession {
 public:
  enum class Mode { kLook, kMigrate };

  virtual ~SchemaSession() = default;

  /// Opens a transaction that no other migration runs beside.
  virtual Status begin_alone() = 0;
  /// One or several statements without parameters.
  virtual Status execute(const std::string& sql) = 0;
  /// The first column of the only row, an integer.
  virtual Result<std::int64_t> number(const std::string& sql) = 0;
  /// The versions in schema_migrations; none when there is no such table.
  virtual Result<std::set<std::int64_t>> versions() = 0;
  virtual Status record_version(std::int64_t version, std::int64_t applied_at_unix_ms) = 0;
};

/// Only kMigrate creates a missing SQLite file. kLook gives nullptr when there is none.
Result<std::unique_ptr<SchemaSession>> open_schema_session(const DatabaseUrl& url,
                                                           SchemaSession::Mode mode);

}  // namespace postern
