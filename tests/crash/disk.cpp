// The disk in the test build: it stands still while the file exists that DISK_STILL names, and
// fails while that of DISK_FAILS does.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

bool exists(const char* setting) {
  const char* path = std::getenv(setting);
  return path != nullptr && access(path, F_OK) == 0;
}

}  // namespace

/// In place of the C library's, for SQLite too.
extern "C" [[gnu::visibility("default")]] int fdatasync(int file) {
  constexpr useconds_t kLookAgainUs = 1000;
  while (exists("DISK_STILL")) usleep(kLookAgainUs);
  if (!exists("DISK_FAILS")) return static_cast<int>(syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}
