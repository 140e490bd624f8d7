// The part of the store that lets commits run ahead of the disk.
//
// Thread contract: as Store, but for sync(), which one other thread may call beside everything but
// restart().
#pragma once

#include "base/result.hpp"

namespace postern {

class DeferredSync {
 public:
  virtual ~DeferredSync() = default;

  /// From here on commit() may return before the disk has its transaction, for which sync() is
  /// there. False: the database has no such thing, and commit() answers for the disk.
  virtual bool defer_sync() { return false; }
  /// Everything that was committed is on the disk. After an error (kUnavailable) begin() and sync()
  /// fail until restart().
  virtual Status sync() { return {}; }
  /// No thread waits for a sync: after an error of sync(), the next begin() opens the database
  /// anew.
  virtual void restart() {}
};

}  // namespace postern
