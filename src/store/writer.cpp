// An exception of a decision, a task or the store is the operation's error `internal`; one of
// `done` is logged.
#include "store/writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <future>

#include "base/barrier.hpp"
#include "base/crash_point.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "store/working_set.hpp"

namespace postern {
namespace {

constexpr int kConflictTries = 5;

bool is_empty(const WriteBatch& batch) {
  return batch.inserts.empty() && batch.updates.empty() && batch.outbox.empty() &&
         batch.audit.empty() && batch.removals.empty() && batch.sessions.empty() &&
         batch.accepted.empty() && batch.resolved.empty();
}

/// Ids of the accounts whose sessions the operations want to see.
std::vector<std::string> session_owners(std::span<const Operation* const> operations,
                                        const WorkingAccounts& accounts) {
  std::vector<std::string> ids;
  for (const auto* operation : operations) {
    if (!operation->reads_sessions) continue;
    const Account* account = accounts.find(operation->account);
    if (account) ids.push_back(account->id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// For each operation whether its request was resolved before.
Result<std::vector<bool>> find_resolved(std::span<const Operation* const> operations,
                                        Store& store) {
  std::vector<RequestPlace> places;
  for (const auto* operation : operations) {
    if (operation->resolves) places.push_back(*operation->resolves);
  }
  std::vector<bool> resolved(operations.size());
  if (places.empty()) return resolved;
  auto unresolved = store.find_unresolved(places);
  if (!unresolved) return unresolved.error();
  std::size_t at = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i]->resolves) resolved[i] = !(*unresolved)[at++];
  }
  return resolved;
}

/// What the operations of a batch find.
struct Found {
  WorkingAccounts accounts;
  WorkingSessions sessions = {};
  /// For each operation whether its request was resolved before.
  std::vector<bool> resolved = {};
};

Result<Found> read(std::span<const Operation* const> operations, Store& store) {
  std::vector<Account> accounts;
  if (!operations.empty()) {
    std::vector<AccountRef> refs;
    for (const auto* operation : operations) refs.push_back(operation->account);
    auto stored = store.find_accounts(refs);
    if (!stored) return stored.error();
    accounts = *std::move(stored);
  }
  Found found{WorkingAccounts(std::move(accounts))};
  if (const auto owners = session_owners(operations, found.accounts); !owners.empty()) {
    auto sessions = store.find_sessions(owners);
    if (!sessions) return sessions.error();
    found.sessions = WorkingSessions(*std::move(sessions));
  }
  auto resolved = find_resolved(operations, store);
  if (!resolved) return resolved.error();
  found.resolved = *std::move(resolved);
  return found;
}

/// Adds the request to the last row, or to a new one where that is full; `left`: how many requests
/// of the transaction have no place yet.
void place(AcceptedRequest& request, std::size_t left, std::vector<AcceptedRow>& rows) {
  if (rows.empty() || rows.back().requests.size() == limits::kRequestsPerRow) {
    rows.push_back({new_id(request.accepted_at)});
  }
  auto& row = rows.back();
  const std::size_t index = row.requests.size();
  request.place = {row.id, index, std::min(index + left, limits::kRequestsPerRow)};
  row.requests.push_back(&request);
}

/// Applies what one operation wants to the batch's working set; its error touches nothing.
Status decide(const Operation& operation, WorkingAccounts& accounts, WorkingSessions& sessions,
              WriteBatch& writes) {
  const Account* current = accounts.find(operation.account);
  AccountView view{current};
  if (operation.reads_sessions) view.sessions = sessions.of(current);
  auto changes = guarded([&] { return operation.decide(view); });
  if (!changes) return changes.error();
  if (changes->remove_account && current) {
    changes->sessions.ends.push_back({current->id});
    accounts.remove(*current);
  } else if (changes->account) {
    accounts.put(*std::move(changes->account), true);
  }
  sessions.apply(changes->sessions);
  append(writes.outbox, changes->outbox);
  append(writes.audit, changes->audit);
  if (operation.resolves) writes.resolved.push_back(*operation.resolves);
  return {};
}

}  // namespace

Writer::Writer(std::unique_ptr<Store> store, Logger& log) : store_(std::move(store)), log_(log) {
  if (store_->defer_sync()) syncer_.emplace(*store_);
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), "writer");
}

Writer::~Writer() { stop(); }

void Writer::submit(Operation operation) { push(std::span(&operation, 1)); }

void Writer::submit(std::vector<Operation> operations) { push(std::span(operations)); }

void Writer::submit(StoreTask task) { push(std::span(&task, 1)); }

void Writer::submit(Acceptance acceptance) { push(std::span(&acceptance, 1)); }

template <class T>
void Writer::push(std::span<T> items) {
  std::size_t accepted = 0;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    // A writer at work takes all that wait when it comes back: only the first item has to wake it.
    wake = queue_.empty();
    while (accepted < items.size() && !stopping_ && queue_.size() < limits::kWriterQueue) {
      queue_.emplace_back(std::move(items[accepted++]));
    }
  }
  if (wake && accepted > 0) waiting_.notify_one();
  const Error full{"overloaded", Retry::kLater, "the writer's queue is full"};
  for (auto& refused : items.subspan(accepted)) refused.done(full);
}

Status Writer::run(std::function<Status(Store&)> task) {
  std::promise<Status> finished;
  auto result = finished.get_future();
  submit(StoreTask{std::move(task),
                   [&finished](Status status) { finished.set_value(std::move(status)); }});
  return result.get();
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_one();
  if (thread_.joinable()) thread_.join();
  syncer_.reset();
}

void Writer::loop() {
  for (;;) {
    std::vector<Item> items;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto count = std::min(queue_.size(), limits::kWriterBatch);
      items.reserve(count);
      for (std::size_t i = 0; i < count; ++i) {
        items.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    commit_batch(std::move(items));
  }
}

void Writer::commit_batch(std::vector<Item> items) {
  Batch batch{std::move(items)};
  Status status;
  for (int i = 0; i < kConflictTries; ++i) {
    status = try_batch(batch);
    if (status || status.error().code != store_error::kConflict) break;
  }
  // Data that the database refuses belongs to one operation: find out which. An outage does not,
  // and after a commit of unknown outcome a second run would repeat emails.
  if (!status && status.error().retry == Retry::kNever && batch.items.size() > 1) {
    for (auto& item : batch.items) {
      std::vector<Item> alone;
      alone.push_back(std::move(item));
      commit_batch(std::move(alone));
    }
  } else if (status && syncer_ && !(batch.only_read && syncer_->is_idle())) {
    syncer_->push(
        [this, batch = std::move(batch)](const Status& synced) mutable { answer(batch, synced); });
  } else {
    answer(batch, status);
  }
}

Status Writer::begin() {
  auto begun = store_->begin();
  if (begun || !syncer_) return begun;
  // Should a sync have failed: what waits for it learns that before the database is opened anew.
  syncer_->drain();
  store_->restart();
  return begun;
}

Status Writer::try_batch(Batch& batch) {
  batch.outcomes.assign(batch.items.size(), {});
  if (auto begun = guarded([&] { return begin(); }); !begun) return begun;
  WriteBatch writes;
  bool handed_off = false;
  const auto status = guarded([&]() -> Status {
    if (auto applied = apply(batch, writes); !applied) return applied;
    handed_off = hand_off_.lease(writes.outbox);
    const bool nothing = is_empty(writes);
    batch.only_read = nothing && std::ranges::none_of(batch.items, [](const Item& item) {
                        return std::holds_alternative<StoreTask>(item);
                      });
    return nothing ? Status{} : store_->write(writes);
  });
  if (!status) {
    (void)guarded([&] { store_->rollback(); });
    return status;
  }
  batch.outbox_rows = writes.outbox.size();
  if (batch.outbox_rows > 0) crash_point("writer.before_commit");
  auto committed = guarded([&] { return store_->commit(); });
  if (!committed) {
    // Its outcome is unknown, so it is not tried again item by item.
    if (committed.error().code != kInternalError) return committed;
    return Error{store_error::kUnavailable, Retry::kLater, committed.error().cause};
  }
  if (batch.outbox_rows > 0) crash_point("writer.before_sync");
  if (handed_off) batch.handed_off = std::move(writes.outbox);
  batch.audit = std::move(writes.audit);
  return {};
}

void Writer::answer(Batch& batch, const Status& status) {
  if (status) {
    ++batches_;
    items_ += batch.items.size();
    actions_.add(batch.audit);
  } else {
    log_.warn("transaction failed", status.error());
  }
  if (status && batch.outbox_rows > 0) {
    crash_point("writer.after_commit");
    outbox_rows_added_ += static_cast<std::int64_t>(batch.outbox_rows);
    hand_off_.put(std::move(batch.handed_off));
    outbox_signal_.notify();
  }
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    auto outcome = status ? std::move(batch.outcomes[i]) : status;
    const auto answered = guarded(
        [&] { std::visit([&](auto& item) { item.done(std::move(outcome)); }, batch.items[i]); });
    if (!answered) log_.warn("an operation could not be answered", answered.error());
  }
}

Status Writer::apply(Batch& batch, WriteBatch& writes) {
  std::vector<const Operation*> operations;
  std::size_t acceptances = 0;
  for (const auto& item : batch.items) {
    if (std::holds_alternative<Acceptance>(item)) ++acceptances;
    if (const auto* operation = std::get_if<Operation>(&item)) operations.push_back(operation);
  }
  auto found = read(operations, *store_);
  if (!found) return found.error();
  auto& [accounts, sessions, resolved] = *found;

  std::size_t next = 0;
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    batch.outcomes[i] = {};
    if (auto* task = std::get_if<StoreTask>(&batch.items[i])) {
      if (auto ran = task->run(*store_); !ran) return ran;
      continue;
    }
    if (auto* acceptance = std::get_if<Acceptance>(&batch.items[i])) {
      place(acceptance->request, acceptances--, writes.accepted);
      continue;
    }
    if (resolved[next++]) continue;
    batch.outcomes[i] = decide(std::get<Operation>(batch.items[i]), accounts, sessions, writes);
    const auto& outcome = batch.outcomes[i];
    if (!outcome && outcome.error().code == kInternalError) {
      log_.warn("an operation failed", outcome.error());
    }
  }
  accounts.move_changes_to(writes);
  sessions.move_changes_to(writes.sessions);
  return {};
}

}  // namespace postern
