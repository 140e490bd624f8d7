// The schema's versions, one set of files for both databases, compiled into the program.
//
// Thread contract: pure functions.
// Does not apply anything: migrate() does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store_sql/database_url.hpp"

namespace postern {

struct Migration {
  /// The number that the file's name begins with.
  std::int64_t version = 0;
  /// "0001_accounts"
  std::string name;
  std::string sql;
};

/// All migrations in their order, in the words of one database.
std::vector<Migration> migrations_for(DatabaseUrl::Kind kind);

}  // namespace postern
