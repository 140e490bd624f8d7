// Bounded hashing: as many threads as cores, at low priority, behind a bounded queue. All judging
// and hashing of passwords runs here and nowhere else, so that memory is threads times cost and
// every other route stays fast.
//
// Clients share the threads in turn, so one client's queue does not delay another client's single
// task by more than the hash that is running. A full queue takes from the client with the most
// entries: its own new task is refused, or its newest entry makes room for another client's.
//
// Thread contract: submit() and reserve() from any thread; a task runs on a pool thread and calls
// hash_password or judge_password itself. What it throws fails that task alone. `failed` may be
// called on the thread of another client's submit() or reserve(), and must not block. The
// destructor runs what is queued, then ends the threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace postern {

class HashPool {
 public:
  /// One of the two is called, and both when `run` throws.
  struct Task {
    std::function<void()> run = {};
    /// When the task lost its room to another client: overloaded, Retry::kLater. When `run` threw:
    /// internal.
    std::function<void(const Error&)> failed = {};
  };

  /// `threw` is called for every task that threw, on its thread; may be empty.
  HashPool(std::size_t threads, std::size_t queue_limit,
           std::function<void(const Error&)> threw = {});
  ~HashPool();
  HashPool(const HashPool&) = delete;
  HashPool& operator=(const HashPool&) = delete;

  /// `client` is RequestContext::client_network. False when there is no room: neither function of
  /// the task is called, and the caller answers 503.
  [[nodiscard]] bool submit(std::string_view client, Task task);

  /// Room for one task, kept for as long as it is held.
  using Slot = std::shared_ptr<void>;
  /// nullptr when there is no room: a no before anything else is done.
  [[nodiscard]] Slot reserve(std::string_view client);
  /// Calls `failed` at once when the room was lost meanwhile.
  void submit(Slot slot, Task task);

  /// Tasks that wait for a thread.
  std::size_t queue_length() const;

 private:
  struct Queue;
  struct Threads;
  /// Shared with the slots, which may be given up after the pool has gone.
  std::shared_ptr<Queue> queue_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace postern
