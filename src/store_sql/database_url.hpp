// Which database a DATABASE_URL names.
//
// Thread contract: pure functions.
// Does not look whether the database exists, and does not read a PostgreSQL URL: libpq does that.
#pragma once

#include <string>

#include "base/result.hpp"

namespace postern {

struct DatabaseUrl {
  enum class Kind { kSqlite, kPostgres };
  Kind kind = Kind::kSqlite;
  /// SQLite: the path of the file, ready to be opened. PostgreSQL: the whole URL, password
  /// included.
  std::string location;
};

/// `sqlite:///path` is the absolute file /path, `sqlite:path` a file relative to the working
/// directory; both are taken to the letter, without percent-decoding or parameters.
/// `postgresql://…` and `postgres://…` are libpq's URLs, several hosts included.
/// Error: invalid_database_url, never with a part of the URL in it.
Result<DatabaseUrl> parse_database_url(const std::string& url);

}  // namespace postern
