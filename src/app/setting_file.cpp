#include "app/setting_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace postern {
namespace {

Error unreadable(std::string why) {
  return Error{"unreadable_file", Retry::kNever, std::move(why)};
}

Error unreadable(int reason) {
  return unreadable(std::string("cannot be read: ") + strerror(reason));
}

bool is_link(const std::string& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

Result<std::string> read_all(int file, std::size_t most_bytes) {
  std::string text;
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    const ssize_t count = read(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(errno);
    if (count == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(count));
    if (text.size() > most_bytes) {
      return unreadable("is larger than " + std::to_string(most_bytes) + " bytes");
    }
  }
}

}  // namespace

Result<std::string> read_setting_file(const std::string& path, std::size_t most_bytes) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const int reason = errno;
    if (reason == ENOENT && is_link(path)) return unreadable("is a link to a missing file");
    return unreadable(reason);
  }
  struct stat info{};
  auto text = fstat(file, &info) == 0 && S_ISDIR(info.st_mode)
                  ? Result<std::string>(unreadable("is a folder"))
                  : read_all(file, most_bytes);
  close(file);
  return text;
}

bool path_exists(const std::string& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace postern
