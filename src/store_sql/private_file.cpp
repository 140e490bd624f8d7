#include "store_sql/private_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace postern {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

/// Whether the path still leads to the open file: its last writer may have moved it.
bool is_at(const std::string& path, int file) {
  struct stat opened{};
  struct stat named{};
  return fstat(file, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

Status rename_file(const std::string& from, const std::string& to, bool replace) {
  if (replace) {
    return rename(from.c_str(), to.c_str()) == 0 ? Status{} : file_error(to, "cannot be written");
  }
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  // A file system that does not know this.
  if (errno == EINVAL && access(to.c_str(), F_OK) != 0) return rename_file(from, to, true);
  return file_error(to, "cannot be written");
}

}  // namespace

Result<PrivateFile> PrivateFile::make(std::string path) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  const int file = open(path.c_str(), flags, kOwnerOnly);
  if (file < 0) return file_error(path, "cannot be written");
  const bool locked = flock(file, LOCK_EX | LOCK_NB) == 0 && is_at(path, file);
  if (!locked) {
    close(file);
    return Error{"failed", Retry::kLater, path + " is being written by another process"};
  }
  PrivateFile made(std::move(path), file);
  if (ftruncate(file, 0) != 0 || fchmod(file, kOwnerOnly) != 0) {
    return file_error(made.path_, "cannot be written");
  }
  return made;
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

PrivateFile::~PrivateFile() {
  if (file_ < 0) return;
  if (!path_.empty()) unlink(path_.c_str());
  close(file_);
}

Status PrivateFile::copy_from(const std::string& source) {
  const int from = open(source.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return file_error(source, "cannot be read");
  std::array<char, 65536> block;
  Status status;
  for (ssize_t size = 1; status && size > 0;) {
    size = read(from, block.data(), block.size());
    if (size < 0) status = file_error(source, "cannot be read");
    for (ssize_t done = 0; status && done < size;) {
      const auto left = static_cast<std::size_t>(size - done);
      const ssize_t written = write(file_, block.data() + done, left);
      if (written < 0) status = file_error(path_, "cannot be written");
      done += written;
    }
  }
  close(from);
  return status;
}

Status PrivateFile::move_to(const std::string& name, bool replace) {
  if (fsync(file_) != 0) return file_error(path_, "cannot be written");
  if (auto moved = rename_file(path_, name, replace); !moved) return moved;
  path_.clear();
  return sync_folder_of(name);
}

void give_to_owner_of(const std::string& model, const std::string& path) {
  struct stat owner{};
  if (geteuid() != 0) return;
  if (stat(model.c_str(), &owner) != 0 && stat(folder_of(model).c_str(), &owner) != 0) return;
  // What fails here shows when the server opens the file.
  [[maybe_unused]] const int given = chown(path.c_str(), owner.st_uid, owner.st_gid);
}

Status sync_folder_of(const std::string& path) {
  const auto folder = folder_of(path);
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  // Some file systems have no sync of folders.
  const auto status =
      synced || errno == EINVAL ? Status{} : file_error(folder, "is not on the disk");
  if (file >= 0) close(file);
  return status;
}

Error file_error(const std::string& path, const std::string& what) {
  return {"failed", Retry::kNever, path + ' ' + what + ": " + strerror(errno)};
}

}  // namespace postern
