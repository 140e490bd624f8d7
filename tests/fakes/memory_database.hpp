// What a MemoryStore keeps, and what tests put there and look at.
//
// Thread contract: a MemoryDatabase may be used from any thread.
// Knows no transactions: those are in memory_store.hpp.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace postern::fakes {

struct MemoryOutboxRow {
  OutboxRow row;
  TimePoint leased_until;
  bool dead = false;
  std::string reason;
  TimePoint dead_at = {};
};

struct MemoryState {
  /// By id.
  std::map<std::string, Account> accounts;
  std::vector<MemoryOutboxRow> outbox;
  std::vector<AuditEntry> audit;
  /// By row and index.
  std::map<std::pair<std::string, std::size_t>, AcceptedRequest> requests;
  /// By account id and mail id.
  std::map<std::pair<std::string, std::string>, MailStatus> mail_states;
  /// By id, by key and by kid.
  std::map<std::string, Session> sessions;
  /// By account id.
  std::map<std::string, std::string> external_ids;
  std::map<std::string, LoginThrottle> throttles;
  std::map<std::string, SigningKey> signing_keys;
  /// By id.
  std::map<std::string, Client> clients;
  std::map<std::string, TimePoint> used_assertions;

  const Account* find(const AccountRef& ref) const {
    if (ref.by == AccountRef::By::kId) {
      const auto found = accounts.find(ref.value);
      return found == accounts.end() ? nullptr : &found->second;
    }
    for (const auto& [id, account] : accounts) {
      if (account.email_key == ref.value) return &account;
    }
    return nullptr;
  }
};

/// kCommitted: the transaction is kept, and its answer is lost.
enum class StoreStep { kBegin, kFind, kWrite, kClaim, kChange, kCount, kCommit, kCommitted };

class MemoryDatabase {
 public:
  MemoryState state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  /// Puts an account there as it is, or replaces the one of the same id.
  void put(Account account) {
    const std::lock_guard lock(mutex_);
    account.revision = std::max<std::int64_t>(account.revision, 1);
    state_.accounts.insert_or_assign(account.id, std::move(account));
    ++generation_;
  }
  std::optional<Account> account_of(std::string_view email_key) const {
    const std::lock_guard lock(mutex_);
    const Account* account = state_.find({AccountRef::By::kEmailKey, std::string(email_key)});
    return account ? std::optional<Account>(*account) : std::nullopt;
  }
  /// Makes that step of a later transaction fail once, after it was passed so often.
  void fail_next(StoreStep step, Error error, int passed = 0) {
    const std::lock_guard lock(mutex_);
    failures_.emplace(step, Failure{std::move(error), passed});
  }
  /// What has not failed yet will not.
  void forget_failures() {
    const std::lock_guard lock(mutex_);
    failures_.clear();
  }
  /// As new; not during a transaction.
  void clear() {
    const std::lock_guard lock(mutex_);
    state_ = {};
    failures_.clear();
    ++generation_;
  }
  /// How often that step was taken.
  std::uint64_t count(StoreStep step) const {
    const std::lock_guard lock(mutex_);
    const auto found = steps_.find(step);
    return found == steps_.end() ? 0 : found->second;
  }
  /// Commits that changed something.
  std::uint64_t generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }

 private:
  friend class MemoryStore;

  struct Failure {
    Error error;
    int passed = 0;
  };

  Status take_failure(StoreStep step) {
    const std::lock_guard lock(mutex_);
    ++steps_[step];
    const auto failure = failures_.find(step);
    if (failure == failures_.end() || failure->second.passed-- > 0) return {};
    Error error = failure->second.error;
    failures_.erase(failure);
    return error;
  }

  mutable std::mutex mutex_;
  MemoryState state_;
  std::multimap<StoreStep, Failure> failures_;
  std::map<StoreStep, std::uint64_t> steps_;
  std::uint64_t generation_ = 0;
};

}  // namespace postern::fakes
