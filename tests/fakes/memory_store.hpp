// A Store in memory: several may share one MemoryDatabase, as connections share a database.
//
// Thread contract: a MemoryStore belongs to one thread, as every Store.
// A transaction works on a copy; its commit replaces the whole state, unless another one has
// committed meanwhile: then the commit reports kConflict.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fakes/memory_database.hpp"
#include "store/store.hpp"

namespace postern::fakes {

/// `database` outlives the store.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryDatabase& database) : database_(database) {}

  Status begin() override {
    if (auto failure = database_.take_failure(StoreStep::kBegin); !failure) return failure;
    const std::lock_guard lock(database_.mutex_);
    working_ = database_.state_;
    started_at_ = database_.generation_;
    changed_ = false;
    return {};
  }

  Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) override {
    if (auto failure = database_.take_failure(StoreStep::kFind); !failure) return failure.error();
    std::map<std::string, Account> found;
    for (const auto& ref : refs) {
      if (const Account* account = working_.find(ref)) found.emplace(account->id, *account);
    }
    std::vector<Account> accounts;
    for (auto& [id, account] : found) accounts.push_back(std::move(account));
    return accounts;
  }

  Status write(const WriteBatch& batch) override {
    if (auto failure = database_.take_failure(StoreStep::kWrite); !failure) return failure;
    for (Account account : batch.inserts) {
      if (working_.find({AccountRef::By::kEmailKey, account.email_key})) return conflict();
      account.revision = 1;
      changed_ |= working_.accounts.emplace(account.id, account).second;
    }
    for (Account account : batch.updates) {
      const auto stored = working_.accounts.find(account.id);
      if (stored == working_.accounts.end() || stored->second.revision != account.revision) {
        return conflict();
      }
      ++account.revision;
      stored->second = std::move(account);
      changed_ = true;
    }
    for (const auto& row : batch.outbox) {
      working_.outbox.push_back({row, {}, false, {}, {}});
      if (row.body.empty()) continue;
      working_.mail_states[{row.account_id, row.id}] = {
          row.account_id, row.id, row.kind, MailState::kQueued, row.created_at, {}, {}};
    }
    working_.audit.insert(working_.audit.end(), batch.audit.begin(), batch.audit.end());
    changed_ |= !batch.outbox.empty() || !batch.audit.empty();
    return {};
  }

  Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim& claim) override {
    if (auto failure = database_.take_failure(StoreStep::kClaim); !failure) return failure.error();
    std::vector<MemoryOutboxRow*> free;
    for (auto& entry : working_.outbox) {
      const bool available = entry.row.available_at <= claim.now && entry.leased_until <= claim.now;
      if (!entry.dead && available) free.push_back(&entry);
    }
    std::stable_sort(free.begin(), free.end(), [](const auto* a, const auto* b) {
      return a->row.created_at < b->row.created_at;
    });
    if (free.size() > claim.limit) free.resize(claim.limit);
    std::vector<OutboxRow> rows;
    for (auto* entry : free) {
      entry->leased_until = claim.leased_until;
      rows.push_back(entry->row);
      entry->row.attempts += claim.counts ? 1 : 0;
      changed_ = true;
    }
    return rows;
  }

  Status change_outbox(const OutboxChanges& changes) override {
    if (auto failure = database_.take_failure(StoreStep::kChange); !failure) return failure;
    for (const auto& id : changes.done) {
      std::erase_if(working_.outbox, [&](const auto& entry) { return entry.row.id == id; });
    }
    for (const auto& deferral : changes.deferred) {
      settle(deferral.id, [&](MemoryOutboxRow& entry) {
        entry.row.available_at = deferral.available_at;
        entry.row.attempts = deferral.attempts;
        entry.reason = deferral.reason;
      });
    }
    for (const auto& deferral : changes.dead) {
      settle(deferral.id, [&](MemoryOutboxRow& entry) {
        entry.dead = true;
        entry.dead_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
        entry.row.attempts = deferral.attempts;
        entry.reason = deferral.reason;
      });
    }
    for (const auto& id : changes.released) settle(id, [](MemoryOutboxRow&) {});
    changed_ = true;
    return {};
  }

  Status write_mail_states(std::span<const MailStatus> states) override {
    for (const auto& state : states) {
      const auto known = working_.mail_states.find({state.account_id, state.mail_id});
      if (known == working_.mail_states.end() || known->second.state == MailState::kSent) continue;
      const bool newer = state.state == MailState::kSent ||
                         known->second.state == MailState::kQueued ||
                         known->second.changed_at <= state.changed_at;
      if (!newer) continue;
      const std::string kind = known->second.kind;
      known->second = state;
      known->second.kind = kind;
      changed_ = true;
    }
    return {};
  }

  Result<std::vector<MailStatus>> find_mail_states(const std::string& account_id,
                                                   std::size_t limit) override {
    std::vector<MailStatus> found;
    for (auto at = working_.mail_states.rbegin(); at != working_.mail_states.rend(); ++at) {
      if (at->first.first == account_id && found.size() < limit) found.push_back(at->second);
    }
    return found;
  }

  Status end_leases() override {
    for (auto& entry : working_.outbox) entry.leased_until = {};
    changed_ = true;
    return {};
  }

  Result<std::int64_t> count_outbox(std::int64_t cap) override {
    if (auto failure = database_.take_failure(StoreStep::kCount); !failure) return failure.error();
    const auto waiting = std::count_if(working_.outbox.begin(), working_.outbox.end(),
                                       [](const auto& entry) { return !entry.dead; });
    return std::min<std::int64_t>(waiting, cap);
  }

  Result<OutboxCensus> count_states(TimePoint now, std::span<const Duration> within) override {
    OutboxCensus census;
    census.deferred.resize(within.size());
    for (const auto& entry : working_.outbox) {
      const auto due = entry.row.available_at - now;
      if (entry.dead) {
        ++census.dead;
      } else if (entry.leased_until > now) {
        ++census.leased;
      } else if (due <= Duration::zero() || within.empty()) {
        ++census.waiting;
      } else {
        const auto step = std::find_if(within.begin(), within.end() - 1,
                                       [&](Duration limit) { return due <= limit; });
        ++census.deferred[static_cast<std::size_t>(step - within.begin())];
      }
    }
    return census;
  }

  Result<std::vector<DeadRow>> find_dead(const DeadRow* after, std::size_t limit) override {
    std::map<std::pair<TimePoint, std::string>, DeadRow> dead;
    for (const auto& entry : working_.outbox) {
      if (!entry.dead) continue;
      if (after && std::tie(entry.dead_at, entry.row.id) <= std::tie(after->dead_at, after->row.id))
        continue;
      dead[{entry.dead_at, entry.row.id}] = {entry.row, entry.reason, entry.dead_at};
    }
    std::vector<DeadRow> rows;
    for (auto& [key, row] : dead) {
      if (rows.size() < limit) rows.push_back(std::move(row));
    }
    return rows;
  }

  Status replay_dead(std::span<const DeadReplay> rows, TimePoint now) override {
    for (const auto& row : rows) {
      settle(row.id, [&](MemoryOutboxRow& entry) {
        if (!entry.dead) return;
        entry.dead = false;
        entry.reason.clear();
        entry.row.body = row.body;
        entry.row.attempts = 0;
        entry.row.available_at = now;
      });
    }
    changed_ = true;
    return {};
  }

  Status drop_dead(std::span<const std::string> ids) override {
    for (const auto& id : ids) {
      std::erase_if(working_.outbox,
                    [&](const auto& entry) { return entry.dead && entry.row.id == id; });
    }
    changed_ = true;
    return {};
  }

  Status commit() override {
    if (auto failure = database_.take_failure(StoreStep::kCommit); !failure) return failure;
    const std::lock_guard lock(database_.mutex_);
    if (!changed_) return {};
    if (database_.generation_ != started_at_) return conflict();
    database_.state_ = std::move(working_);
    ++database_.generation_;
    return {};
  }

  void rollback() override { working_ = {}; }

 private:
  static Error conflict() {
    return {store_error::kConflict, Retry::kLater, "changed by another transaction"};
  }

  void settle(const std::string& id, const std::function<void(MemoryOutboxRow&)>& change) {
    for (auto& entry : working_.outbox) {
      if (entry.row.id != id) continue;
      entry.leased_until = {};
      change(entry);
    }
  }

  MemoryDatabase& database_;
  MemoryState working_;
  std::uint64_t started_at_ = 0;
  bool changed_ = false;
};

}  // namespace postern::fakes
