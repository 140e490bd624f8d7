// Files that only their owner may read, written as a whole.
//
// Thread contract: may be called from any thread; a PrivateFile belongs to one.
#pragma once

#include <string>

#include "base/result.hpp"

namespace postern {

/// An empty file under a lock, so that two processes never write the same one.
class PrivateFile {
 public:
  /// Makes the file, or empties one that an ended process has left.
  static Result<PrivateFile> make(std::string path);
  PrivateFile(PrivateFile&& other) noexcept;
  PrivateFile& operator=(PrivateFile&&) = delete;
  /// Removes the file unless it was moved.
  ~PrivateFile();

  const std::string& path() const { return path_; }
  Status copy_from(const std::string& source);
  /// To the disk, then under another name; `replace`: also over an existing file.
  Status move_to(const std::string& name, bool replace);

 private:
  PrivateFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  int file_ = -1;
};

/// Gives a file that root has made to the owner of `model`, or of its folder where there is none:
/// the server's user must be able to open it.
void give_to_owner_of(const std::string& model, const std::string& path);

/// The names in the folder of `path` are on the disk.
Status sync_folder_of(const std::string& path);

/// "failed", with the reason of errno.
Error file_error(const std::string& path, const std::string& what);

}  // namespace postern
