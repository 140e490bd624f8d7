// A database in memory that fails where its script says so. A transaction works on a copy.
#pragma once

#include <atomic>
#include <set>
#include <stdexcept>

#include "store/store.hpp"
#include "store/store_script_test.hpp"

namespace postern {

class ScriptedStore final : public Store {
 public:
  using Keys = std::span<const std::string>;
  using Places = std::span<const RequestPlace>;
  using Id = const std::string&;
  using Number = Result<std::int64_t>;
  Result<std::vector<Session>> find_sessions(Keys) override { return std::vector<Session>(); }
  Result<std::vector<bool>> find_unresolved(Places) override { return unavailable(); }
  Result<std::vector<AcceptedRequest>> claim_requests(const RequestClaim&) override {
    return std::vector<AcceptedRequest>();
  }
  Result<std::vector<LoginThrottle>> take_throttles(Keys) override { return unavailable(); }
  Status put_throttles(std::span<const LoginThrottle>) override { return unavailable(); }
  Result<std::vector<SigningKey>> signing_keys() override { return unavailable(); }
  Status put_signing_key(const SigningKey&) override { return unavailable(); }
  Result<std::vector<Client>> clients() override { return unavailable(); }
  Status put_client(const Client&) override { return unavailable(); }
  Status remove_client(Id) override { return unavailable(); }
  Result<bool> use_assertion(Id, TimePoint, TimePoint) override { return unavailable(); }
  Number remove_expired_sessions(const ExpiredSessions&) override { return unavailable(); }
  Number remove_expired_audit(TimePoint, std::int64_t) override { return unavailable(); }
  Result<std::optional<MailStatePlace>> remove_expired_mail_states(TimePoint, const MailStatePlace&,
                                                                   std::int64_t) override {
    return unavailable();
  }

  using State = StoreState;
  using Script = StoreScript;

  explicit ScriptedStore(Script& script) : script_(script) {}

  Status begin() override {
    throw_at("begin");
    if (script_.unreachable || sync_failed_) return unavailable();
    working_ = script_.committed;
    return {};
  }

  Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) override {
    throw_at("find");
    script_.batch_sizes.push_back(refs.size());
    std::vector<Account> found;
    std::set<std::string> seen;
    for (const auto& ref : refs) {
      const auto at = working_.accounts.find(ref.value);
      if (at != working_.accounts.end() && seen.insert(ref.value).second) {
        found.push_back(at->second);
      }
    }
    return found;
  }

  Status write(const WriteBatch& batch) override {
    if (script_.conflicts > 0) {
      --script_.conflicts;
      return Error{store_error::kConflict, Retry::kLater, "another write was faster"};
    }
    for (const auto& account : batch.removals) working_.accounts.erase(account.email_key);
    for (const auto* list : {&batch.inserts, &batch.updates}) {
      for (auto account : *list) {
        throw_at("write " + account.email_key);
        if (script_.refused_keys.contains(account.email_key)) {
          return Error{store_error::kRejected, Retry::kNever, "refused"};
        }
        ++account.revision;
        working_.accounts[account.email_key] = account;
      }
    }
    for (const auto& row : batch.outbox) working_.outbox.push_back(row.id);
    return {};
  }

  Result<std::vector<Account>> list_accounts(const AccountPage&) override { return unavailable(); }
  Status write_mail_states(std::span<const MailStatus>) override { return {}; }
  Result<std::vector<MailStatus>> find_mail_states(const std::string&, std::size_t) override {
    return std::vector<MailStatus>{};
  }
  Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim&) override {
    return std::vector<OutboxRow>{};
  }
  Status change_outbox(const OutboxChanges&) override { return {}; }
  Status end_leases() override { return {}; }
  Result<std::int64_t> count_outbox(std::int64_t) override {
    return static_cast<std::int64_t>(working_.outbox.size());
  }
  Result<OutboxBacklog> measure_backlog(std::int64_t) override { return OutboxBacklog{}; }
  Result<OutboxCensus> count_states(TimePoint, std::span<const Duration>) override {
    return OutboxCensus{};
  }
  Result<std::vector<DeadRow>> find_dead(const DeadRow*, std::size_t) override {
    return std::vector<DeadRow>{};
  }
  Status replay_dead(std::span<const DeadReplay>, TimePoint) override { return {}; }
  Status drop_dead(std::span<const std::string>) override { return {}; }

  Status commit() override {
    if (script_.commit_reached) {
      std::exchange(script_.commit_reached, nullptr)->set_value();
      script_.commit_allowed.wait();
    }
    throw_at("commit");
    if (script_.commit_fails) return unavailable();
    script_.committed = working_;
    return {};
  }
  void rollback() override {
    working_ = {};
    throw_at("rollback");
  }

  bool defer_sync() override { return script_.defers_sync; }
  Status sync() override {
    ++script_.syncs;
    throw_at("sync");
    if (script_.sync_reached) {
      std::exchange(script_.sync_reached, nullptr)->set_value();
      script_.sync_allowed.wait();
    }
    sync_failed_ = sync_failed_ || script_.sync_fails;
    return sync_failed_ ? unavailable() : Status{};
  }
  void restart() override {
    ++script_.restarts;
    sync_failed_ = false;
  }

 private:
  void throw_at(const std::string& step) const {
    if (script_.throwing.contains(step)) throw std::runtime_error("thrown at " + step);
  }
  static Error unavailable() { return {store_error::kUnavailable, Retry::kLater, "away"}; }

  Script& script_;
  State working_;
  std::atomic<bool> sync_failed_ = false;
};

}  // namespace postern
