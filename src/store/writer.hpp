// The group-commit writer: all operations that wait are one transaction, answered after its commit.
//
//   submit ─► queue ─► [ begin · read all accounts · decide each · write all · commit ] ─► done
//
// Where the database lets commits run ahead of the disk, the next transaction begins at once, and
// `done` waits for a sync beside it (syncer.hpp). A transaction that only reads is answered
// immediately when no other waits for a sync.
//
// Decisions are pure, so a batch that met a concurrent change is simply decided anew; when the
// database refuses one operation's data the batch is rolled back and each runs alone, so that
// one failing operation never harms its neighbours. A lone request does not wait for company.
//
// Thread contract: all members may be called from any thread. `decide` runs on the writer's own
// thread, `done` there or on the syncer's, and neither may block. `done` is called exactly once; by
// submit() itself when the writer takes no more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"
#include "store/action_counts.hpp"
#include "store/operation.hpp"
#include "store/outbox_hand_off.hpp"
#include "store/store.hpp"
#include "store/syncer.hpp"

namespace postern {

class Writer {
 public:
  Writer(std::unique_ptr<Store> store, Logger& log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// When the queue is full or the writer stops, `done` is called at once, with `overloaded`.
  void submit(Operation operation);
  /// In one transaction where its limit allows it.
  void submit(std::vector<Operation> operations);
  void submit(StoreTask task);
  void submit(Acceptance acceptance);

  /// Runs the task in the next transaction and waits for its commit. Not from the writer's thread.
  Status run(std::function<Status(Store&)> task);

  /// Notified after each commit that put rows into the outbox.
  Signal& outbox_signal() { return outbox_signal_; }

  /// Closed until the relay opens it.
  OutboxHandOff& hand_off() { return hand_off_; }

  /// Rows that this process has put into the outbox so far.
  std::int64_t outbox_rows_added() const { return outbox_rows_added_; }

  /// Transactions so far, and the operations and tasks in them.
  std::uint64_t batches() const { return batches_; }
  std::uint64_t items() const { return items_; }

  /// The audit entries of those transactions.
  const ActionCounts& actions() const { return actions_; }

  /// Finishes what waits, then ends the thread. Later submissions are refused.
  void stop();

 private:
  using Item = std::variant<Operation, StoreTask, Acceptance>;
  /// One transaction, and what remains to be done when it is on the disk.
  struct Batch {
    std::vector<Item> items;
    std::vector<Status> outcomes = {};
    /// Nothing was written. What a task does is not known.
    bool only_read = false;
    std::size_t outbox_rows = 0;
    std::vector<OutboxRow> handed_off = {};
    std::vector<AuditEntry> audit = {};
  };
  template <class T>
  void push(std::span<T> items);
  void loop();
  void commit_batch(std::vector<Item> items);
  Status begin();
  Status try_batch(Batch& batch);
  Status apply(Batch& batch, WriteBatch& writes);
  void answer(Batch& batch, const Status& status);

  std::unique_ptr<Store> store_;
  Logger& log_;
  Signal outbox_signal_;
  OutboxHandOff hand_off_;
  std::atomic<std::int64_t> outbox_rows_added_ = 0;
  std::atomic<std::uint64_t> batches_ = 0;
  std::atomic<std::uint64_t> items_ = 0;
  ActionCounts actions_;
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::optional<Syncer> syncer_;
  std::thread thread_;
};

}  // namespace postern
