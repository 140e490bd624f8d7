#include "store_sql/database_url.hpp"

#include <string_view>

#include "store_sql/postgres_url.hpp"

namespace postern {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

Error invalid(const char* why) { return Error{"invalid_database_url", Retry::kNever, why}; }

Result<DatabaseUrl> parse_sqlite(std::string_view rest) {
  if (rest.find('?') != std::string_view::npos) {
    return invalid("an SQLite path takes no parameters: leave out the ? and what follows it");
  }
  if (rest.starts_with("file:")) return invalid("write sqlite:path, without file:");
  std::string path;
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (!rest.starts_with('/')) return invalid("write sqlite:///absolute/path or sqlite:path");
    path = rest;
  } else if (rest.starts_with('/')) {
    path = rest;
  } else {
    // "./" keeps names like ":memory:" plain files.
    path = "./" + std::string(rest);
  }
  if (path.ends_with('/')) return invalid("the name of the SQLite file is missing");
  return DatabaseUrl{DatabaseUrl::Kind::kSqlite, std::move(path)};
}

}  // namespace

Result<DatabaseUrl> parse_database_url(const std::string& url) {
  if (url.find('\0') != std::string::npos) return invalid("it contains a NUL byte");
  if (url.starts_with(kSqliteScheme)) {
    return parse_sqlite(std::string_view(url).substr(kSqliteScheme.size()));
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return DatabaseUrl{DatabaseUrl::Kind::kPostgres, url};
  }
  return invalid("it must begin with sqlite: or postgresql://");
}

Status check_database_url(const std::string& url) {
  const auto parsed = parse_database_url(url);
  if (!parsed) return parsed.error();
  return parsed->kind == DatabaseUrl::Kind::kPostgres ? check_postgres_url(url) : Status{};
}

}  // namespace postern
