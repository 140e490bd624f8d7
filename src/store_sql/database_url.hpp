// Reads which database a DATABASE_URL names.
//
// Thread contract: pure functions.
// Does not look whether the database exists. libpq reads a PostgreSQL URL.
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
/// directory; both are taken to the letter, without percent-decoding, and parameters are refused.
/// `postgresql://…` and `postgres://…` are libpq's URLs, several hosts included.
/// Error: invalid_database_url, never with a part of the URL in it.
Result<DatabaseUrl> parse_database_url(const std::string& url);

/// The same, and what can be said of a PostgreSQL URL without connecting. Error likewise.
Status check_database_url(const std::string& url);

}  // namespace postern
