#include "app/data_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/config.hpp"
#include "app/setting_file.hpp"
#include "app/settings.hpp"
#include "base/config_limits.hpp"
#include "store_sql/database_url.hpp"

namespace postern {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyDigits = 2 * kKeyBytes;

std::string to_hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 0x0F];
  }
  return text;
}

[[noreturn]] void fail(std::string_view name, const std::string& path) {
  throw SettingError(name, "is not set, and " + path + " cannot be written: " + strerror(errno));
}

void make_folder(std::string_view name) {
  if (mkdir(kDataFolder, 0700) != 0 && errno != EEXIST) fail(name, kDataFolder);
}

/// Writes the key beside its place and links it there: it appears whole, and the first one wins.
void make_key(const std::string& path) {
  const auto own = path + "." + std::to_string(getpid());
  const int file = open(own.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail("SECRET_KEY", path);
  const Secret key(to_hex(random_bytes(kKeyBytes)) + "\n");
  const bool written = write(file, key.view().data(), key.view().size()) ==
                           static_cast<ssize_t>(key.view().size()) &&
                       fsync(file) == 0;
  close(file);
  const bool linked = written && (link(own.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int reason = errno;
  unlink(own.c_str());
  errno = reason;
  if (!linked) fail("SECRET_KEY", path);
}

}  // namespace

std::string default_database_url() { return std::string("sqlite:") + kDataFolder + "/postern.db"; }

Secret stored_secret_key() {
  const auto path = std::string(kDataFolder) + "/secret.key";
  make_folder("SECRET_KEY");
  if (!path_exists(path)) make_key(path);
  auto content = read_setting_file(path, limits::kSettingFileBytes);
  if (!content) {
    throw SettingError("SECRET_KEY", "is not set, and " + path + ' ' + content.error().cause);
  }
  if (content->size() < kKeyDigits) {
    throw SettingError("SECRET_KEY", "is not set, and " + path + " holds no key");
  }
  content->resize(kKeyDigits);
  return Secret(*std::move(content));
}

void prepare_data_folder(const std::string& database_url) {
  if (database_url == default_database_url()) make_folder("DATABASE_URL");
}

bool is_new_sqlite_file(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  return url && url->kind == DatabaseUrl::Kind::kSqlite && access(url->location.c_str(), F_OK) != 0;
}

}  // namespace postern
