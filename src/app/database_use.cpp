#include "app/database_use.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store_sql/database_url.hpp"
#include "store_sql/private_file.hpp"

namespace postern {
namespace {

int open_lock(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/// As the database's own would be made; what fails is reported when that is tried.
void make_folder_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const auto folder = fs::path(path).parent_path();
  fs::create_directories(folder, failure);
  if (!failure) fs::permissions(folder, fs::perms::owner_all, failure);
}

}  // namespace

DatabaseUse::DatabaseUse(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url || url->kind != DatabaseUrl::Kind::kSqlite) return;
  const std::string path = url->location + ".lock";
  file_ = open_lock(path);
  if (file_ < 0 && errno == ENOENT) {
    make_folder_of(path);
    file_ = open_lock(path);
  }
  if (file_ < 0) return;
  give_to_owner_of(url->location, path);
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
