#include "crypto/hash_pool.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/limits.hpp"
#include "crypto/hash_memory.hpp"

namespace postern {

namespace {

constexpr int kNice = 10;

/// Hashing fills whatever time is left over; the threads that answer requests come first. A system
/// that does not allow it hashes all the same.
void step_back() {
  pthread_setname_np(pthread_self(), "postern-hash");
  const sched_param parameters{};
  (void)sched_setscheduler(0, SCHED_BATCH, &parameters);
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
}

}  // namespace

struct HashPool::Impl {
  explicit Impl(std::size_t limit) : queue_limit(limit) {}
  void run(const std::stop_token& stop);

  const std::size_t queue_limit;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<std::function<void()>> tasks;
  const std::shared_ptr<std::atomic<std::size_t>> reserved =
      std::make_shared<std::atomic<std::size_t>>(0);
  /// Last, so that the threads end before what they use.
  std::vector<std::jthread> threads;
};

void HashPool::Impl::run(const std::stop_token& stop) {
  step_back();
  HashMemory memory;
  std::unique_lock lock(mutex);
  for (;;) {
    const auto has_task = [this] { return !tasks.empty(); };
    if (!changed.wait_for(lock, stop, limits::kHashMemoryIdle, has_task)) {
      lock.unlock();
      memory.release();
      lock.lock();
      changed.wait(lock, stop, has_task);
    }
    if (tasks.empty()) return;
    std::function<void()> task = std::move(tasks.front());
    tasks.pop_front();
    lock.unlock();
    task();
    // What the task holds, a password among it, goes before the next wait.
    task = nullptr;
    lock.lock();
  }
}

HashPool::HashPool(std::size_t threads, std::size_t queue_limit)
    : impl_(std::make_unique<Impl>(queue_limit)) {
  // The number of cores is unknown (0) on some systems.
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    impl_->threads.emplace_back([impl = impl_.get()](std::stop_token stop) { impl->run(stop); });
  }
}

HashPool::~HashPool() = default;

bool HashPool::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->tasks.size() + *impl_->reserved >= impl_->queue_limit) return false;
    impl_->tasks.push_back(std::move(task));
  }
  impl_->changed.notify_one();
  return true;
}

HashPool::Slot HashPool::reserve() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->tasks.size() + *impl_->reserved >= impl_->queue_limit) return nullptr;
  ++*impl_->reserved;
  // The slot may be given up after the pool has gone.
  return {impl_.get(), [reserved = impl_->reserved](void*) { --*reserved; }};
}

void HashPool::submit(Slot slot, std::function<void()> task) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->tasks.push_back(std::move(task));
  }
  slot.reset();
  impl_->changed.notify_one();
}

std::size_t HashPool::queue_length() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->tasks.size();
}

}  // namespace postern
