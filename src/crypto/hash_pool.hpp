// Bounded hashing: as many threads as cores, at low priority, behind a bounded queue. What judges
// and hashes passwords runs here and nowhere else, so that memory is threads times cost and every
// other route stays fast.
//
// Thread contract: submit() from any thread; a task runs on a pool thread, calls hash_password or
// judge_password itself, and must not throw.
// The destructor runs what is queued, then ends the threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace postern {

class HashPool {
 public:
  HashPool(std::size_t threads, std::size_t queue_limit);
  ~HashPool();
  HashPool(const HashPool&) = delete;
  HashPool& operator=(const HashPool&) = delete;

  /// False when the queue is full: the task is dropped, and the caller answers 503.
  [[nodiscard]] bool submit(std::function<void()> task);

  /// Room for one task, kept for as long as it is held.
  using Slot = std::shared_ptr<void>;
  /// nullptr when the queue is full: a no before anything else is done.
  [[nodiscard]] Slot reserve();
  void submit(Slot slot, std::function<void()> task);

  /// Tasks that wait for a thread.
  std::size_t queue_length() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
