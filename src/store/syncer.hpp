// Lets transactions go on while earlier ones reach the disk: one sync is for all that were
// committed before it.
//
//   committed ─► waiting ─► store.sync() ─► callbacks
//
// Thread contract: push(), is_idle() and drain() belong to one thread, the store's; what is pushed
// is called on a thread of the syncer's own, in order, and must not block.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "store/deferred_sync.hpp"

namespace postern {

class Syncer {
 public:
  using Callback = std::function<void(const Status&)>;

  explicit Syncer(DeferredSync& store);
  /// Answers all that wait, then ends the thread.
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  /// Calls back after a sync that begins after this. Waits while limits::kUnsyncedBatches wait.
  void push(Callback callback);

  /// Whether every callback has been called: all that was committed is on the disk.
  bool is_idle();

  /// Returns when every callback has been called.
  void drain();

 private:
  void loop();

  DeferredSync& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Callback> waiting_;
  bool syncing_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern
