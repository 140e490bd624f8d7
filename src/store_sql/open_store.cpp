#include "store_sql/open_store.hpp"

#include "store_sql/database_url.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<std::unique_ptr<Store>> open_store(const std::string& database_url) {
  auto url = parse_database_url(database_url);
  if (!url) return url.error();
  if (url->kind == DatabaseUrl::Kind::kSqlite) return SqliteStore::open(url->location);
  return PostgresStore::open(url->location);
}

}  // namespace postern
