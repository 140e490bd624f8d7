#include "store/syncer.hpp"

#include <pthread.h>

#include "base/barrier.hpp"
#include "base/limits.hpp"

namespace postern {

Syncer::Syncer(DeferredSync& store) : store_(store), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "sync");
}

Syncer::~Syncer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Syncer::push(Callback callback) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < limits::kUnsyncedBatches; });
    waiting_.push_back(std::move(callback));
  }
  changed_.notify_all();
}

bool Syncer::is_idle() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && !syncing_;
}

void Syncer::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !syncing_; });
}

void Syncer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto batches = std::exchange(waiting_, {});
    syncing_ = true;
    lock.unlock();
    changed_.notify_all();
    const auto status = guarded([&] { return store_.sync(); });
    // Each guards what it calls and logs it; whatever is left must not end the thread.
    for (const auto& callback : batches) (void)guarded([&] { callback(status); });
    batches.clear();
    lock.lock();
    syncing_ = false;
    changed_.notify_all();
  }
}

}  // namespace postern
