#include "app/database_use.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store_sql/database_url.hpp"

namespace postern {

DatabaseUse::DatabaseUse(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url || url->kind != DatabaseUrl::Kind::kSqlite) return;
  file_ = open((url->location + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) return;
  alone_ = flock(file_, LOCK_EX | LOCK_NB) == 0;
  if (!alone_) flock(file_, LOCK_SH);
}

DatabaseUse::~DatabaseUse() {
  if (file_ >= 0) close(file_);
}

void DatabaseUse::share() {
  if (alone_) flock(file_, LOCK_SH);
}

}  // namespace postern
