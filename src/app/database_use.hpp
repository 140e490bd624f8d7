// Whether this process is the only server on an SQLite file.
//
// Thread contract: for the start of a process, before it opens the database: a restore holds the
// lock while it puts another file in its place. A file lock beside the database tells it, so it
// ends with the process however that ends. On PostgreSQL it is unknown: leases of a killed process
// run out by themselves there.
#pragma once

#include <string>

namespace postern {

class DatabaseUse {
 public:
  explicit DatabaseUse(const std::string& database_url);
  ~DatabaseUse();
  DatabaseUse(const DatabaseUse&) = delete;
  DatabaseUse& operator=(const DatabaseUse&) = delete;

  /// True when no other server uses the file; those that start now wait for share().
  bool alone() const { return alone_; }
  /// False on PostgreSQL, and when the lock's file cannot be opened.
  bool is_lockable() const { return file_ >= 0; }
  /// Lets others in.
  void share();

 private:
  int file_ = -1;
  bool alone_ = false;
};

}  // namespace postern
