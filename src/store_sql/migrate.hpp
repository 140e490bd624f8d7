// Brings a database's schema to the version that this program knows, and tells whether it is there.
//
// Thread contract: may be called from any thread, and by several processes at once: each migration
// is one transaction under a lock, and a second process finds it done.
// Does not go back: a schema that is newer than the program is an error.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace postern {

struct MigrationReport {
  /// Names of what this call applied: "0001_accounts".
  std::vector<std::string> applied;
};

/// A missing SQLite file is created, with its folder; a PostgreSQL database must exist. Errors:
/// invalid_database_url, schema_newer, and the store's (store/store.hpp); none with a password.
Result<MigrationReport> migrate(const std::string& database_url);

/// kMissing: the database has no schema yet, or the SQLite file does not exist.
enum class SchemaState { kMissing, kOlder, kCurrent };

/// Changes nothing.
Result<SchemaState> schema_state(const std::string& database_url);

/// False when migrate() would apply something.
Result<bool> schema_is_current(const std::string& database_url);

/// Whether any migration was applied to it. Changes nothing.
Result<bool> has_schema(const std::string& database_url);

}  // namespace postern
