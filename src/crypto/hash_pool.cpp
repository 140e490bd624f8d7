#include "crypto/hash_pool.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/barrier.hpp"
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

Error no_room() { return {"overloaded", Retry::kLater, "the hash pool's queue is full"}; }

/// Reserved, then queued with its task, then taken by a thread; displaced is the other end of the
/// first two. The state and the task need the queue's mutex.
struct Entry {
  enum class State { kReserved, kQueued, kTaken, kDisplaced };
  std::string client;
  State state = State::kReserved;
  HashPool::Task task = {};
};
using EntryPtr = std::shared_ptr<Entry>;

struct Client {
  std::string name;
  /// Start-time fair queueing, at one unit a task: the client with the smallest number is next, and
  /// a client that had none begins at the number that is being served.
  std::uint64_t start = 0;
  /// Oldest first.
  std::vector<EntryPtr> entries = {};

  std::vector<EntryPtr>::iterator first_task() {
    return std::find_if(entries.begin(), entries.end(), [](const EntryPtr& entry) {
      return entry->state == Entry::State::kQueued;
    });
  }
};

}  // namespace

/// Every client in it has an entry, so that there are never more clients than entries. All members
/// but the limit need the mutex.
struct HashPool::Queue {
  explicit Queue(std::size_t queue_limit) : limit(queue_limit) {}

  /// nullptr when there is no room. `displaced` gets the entry that made room, if any.
  EntryPtr add(std::string_view client, EntryPtr& displaced);
  void remove(const EntryPtr& entry);
  /// The next task; without `run` when there is none.
  Task take();
  bool has_task() const { return tasks > 0; }

  const std::size_t limit;
  std::mutex mutex;
  std::condition_variable_any changed;
  /// In the order in which they came.
  std::list<Client> clients;
  std::uint64_t served = 0;
  std::size_t size = 0;
  /// Entries with a task.
  std::size_t tasks = 0;

 private:
  std::list<Client>::iterator find(std::string_view name) {
    return std::find_if(clients.begin(), clients.end(),
                        [&](const Client& client) { return client.name == name; });
  }
  EntryPtr displace_newest(std::size_t more_than);
};

EntryPtr HashPool::Queue::displace_newest(std::size_t more_than) {
  const auto largest = std::max_element(
      clients.begin(), clients.end(),
      [](const Client& a, const Client& b) { return a.entries.size() < b.entries.size(); });
  if (largest == clients.end() || largest->entries.size() <= more_than) return nullptr;
  EntryPtr newest = largest->entries.back();
  remove(newest);
  newest->state = Entry::State::kDisplaced;
  return newest;
}

EntryPtr HashPool::Queue::add(std::string_view name, EntryPtr& displaced) {
  auto client = find(name);
  if (size >= limit) {
    const std::size_t own = client == clients.end() ? 0 : client->entries.size();
    displaced = displace_newest(own + 1);
    if (!displaced) return nullptr;
    client = find(name);
  }
  if (client == clients.end()) client = clients.insert(client, {std::string(name), served});
  client->entries.push_back(std::make_shared<Entry>(Entry{std::string(name)}));
  ++size;
  return client->entries.back();
}

void HashPool::Queue::remove(const EntryPtr& entry) {
  const auto client = find(entry->client);
  if (client == clients.end() || std::erase(client->entries, entry) == 0) return;
  --size;
  if (entry->state == Entry::State::kQueued) --tasks;
  if (client->entries.empty()) clients.erase(client);
}

HashPool::Task HashPool::Queue::take() {
  auto next = clients.end();
  for (auto client = clients.begin(); client != clients.end(); ++client) {
    if (client->first_task() == client->entries.end()) continue;
    if (next == clients.end() || client->start < next->start) next = client;
  }
  if (next == clients.end()) return {};
  served = next->start++;
  const EntryPtr entry = *next->first_task();
  remove(entry);
  entry->state = Entry::State::kTaken;
  return std::exchange(entry->task, {});
}

struct HashPool::Threads {
  std::vector<std::jthread> list;
};

namespace {

template <class Queue>
void run_tasks(Queue& queue, const std::stop_token& stop,
               const std::function<void(const Error&)>& threw) {
  step_back();
  HashMemory memory;
  std::unique_lock lock(queue.mutex);
  for (;;) {
    const auto has_task = [&] { return queue.has_task(); };
    if (!queue.changed.wait_for(lock, stop, limits::kHashMemoryIdle, has_task)) {
      lock.unlock();
      memory.release();
      lock.lock();
      queue.changed.wait(lock, stop, has_task);
    }
    HashPool::Task task = queue.take();
    if (!task.run) return;
    lock.unlock();
    if (const auto ran = guarded(task.run); !ran) {
      if (threw) threw(ran.error());
      if (task.failed) static_cast<void>(guarded([&] { task.failed(ran.error()); }));
    }
    // The data of the task, a password among it, is destroyed before the next wait.
    task = {};
    lock.lock();
  }
}

}  // namespace

HashPool::HashPool(std::size_t threads, std::size_t queue_limit,
                   std::function<void(const Error&)> threw)
    : queue_(std::make_shared<Queue>(queue_limit)), threads_(std::make_unique<Threads>()) {
  // The number of cores is unknown (0) on some systems.
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    threads_->list.emplace_back([queue = queue_.get(), threw](const std::stop_token& stop) {
      run_tasks(*queue, stop, threw);
    });
  }
}

HashPool::~HashPool() = default;

HashPool::Slot HashPool::reserve(std::string_view client) {
  EntryPtr displaced;
  EntryPtr entry;
  {
    const std::lock_guard lock(queue_->mutex);
    entry = queue_->add(client, displaced);
  }
  // One that is only reserved learns of it when its task comes.
  if (displaced && displaced->task.failed) displaced->task.failed(no_room());
  if (!entry) return nullptr;
  auto* const address = entry.get();
  return {address, [queue = queue_, entry = std::move(entry)](void*) {
            const std::lock_guard lock(queue->mutex);
            // Else a task has taken the room over.
            if (entry->state == Entry::State::kReserved) queue->remove(entry);
          }};
}

void HashPool::submit(Slot slot, Task task) {
  auto& entry = *static_cast<Entry*>(slot.get());
  {
    const std::lock_guard lock(queue_->mutex);
    if (entry.state == Entry::State::kReserved) {
      entry.task = std::exchange(task, {});
      entry.state = Entry::State::kQueued;
      ++queue_->tasks;
    }
  }
  if (task.failed) return task.failed(no_room());
  queue_->changed.notify_one();
}

bool HashPool::submit(std::string_view client, Task task) {
  auto slot = reserve(client);
  if (!slot) return false;
  submit(std::move(slot), std::move(task));
  return true;
}

std::size_t HashPool::queue_length() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->tasks;
}

}  // namespace postern
