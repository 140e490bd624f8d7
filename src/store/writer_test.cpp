#include "store/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <numeric>
#include <set>

#include "base/limits.hpp"

namespace postern {
namespace {

using ::testing::ElementsAre;

/// A database in memory that fails where it is told to. A transaction works on a copy.
class ScriptedStore final : public Store {
 public:
  Result<std::vector<Session>> find_sessions(std::span<const std::string>) override {
    return std::vector<Session>();
  }
  Result<LoginThrottle> take_throttle(const std::string&) override { return unavailable(); }
  Status put_throttle(const LoginThrottle&) override { return unavailable(); }
  Result<std::vector<SigningKey>> signing_keys() override { return unavailable(); }
  Status put_signing_key(const SigningKey&) override { return unavailable(); }
  Status purge(const Purge&) override { return unavailable(); }
  Result<std::int64_t> prune_audit(TimePoint, std::int64_t) override { return unavailable(); }
  Result<std::optional<MailStatePlace>> prune_mail_states(TimePoint, const MailStatePlace&,
                                                          std::int64_t) override {
    return unavailable();
  }

  struct State {
    std::map<std::string, Account> accounts;  // by key
    std::vector<std::string> outbox;
  };
  /// Shared with the test; read it while the writer is idle only.
  struct Script {
    State committed;
    std::vector<std::size_t> batch_sizes;
    std::set<std::string> refused_keys;
    int conflicts = 0;
    bool unreachable = false;
    bool commit_fails = false;
    std::promise<void>* commit_reached = nullptr;
    std::shared_future<void> commit_allowed;
    bool runs_ahead = false;
    std::atomic<bool> sync_fails = false;
    std::atomic<int> syncs = 0;
    std::promise<void>* sync_reached = nullptr;
    std::shared_future<void> sync_allowed;
    int restarts = 0;
  };

  explicit ScriptedStore(Script& script) : script_(script) {}

  Status begin() override {
    if (script_.unreachable || sync_failed_) return unavailable();
    working_ = script_.committed;
    return {};
  }

  Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) override {
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
      return Error{store_error::kConflict, Retry::kLater, "somebody was faster"};
    }
    for (const auto& account : batch.removals) working_.accounts.erase(account.email_key);
    for (const auto* list : {&batch.inserts, &batch.updates}) {
      for (auto account : *list) {
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

  Result<std::vector<Account>> list_accounts(const AccountPage&) override {
    return std::vector<Account>{};
  }
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
    if (script_.commit_fails) return unavailable();
    script_.committed = working_;
    return {};
  }
  void rollback() override { working_ = {}; }

  bool run_ahead() override { return script_.runs_ahead; }
  Status sync() override {
    ++script_.syncs;
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
  static Error unavailable() { return {store_error::kUnavailable, Retry::kLater, "away"}; }

  Script& script_;
  State working_;
  std::atomic<bool> sync_failed_ = false;
};

class WriterTest : public ::testing::Test {
 protected:
  Operation add_letter(const std::string& key, std::promise<Status>& answer) {
    Operation operation;
    operation.account = {AccountRef::By::kEmailKey, key};
    operation.decide = [key](const Account* current) -> Result<Changes> {
      Changes changes;
      changes.account = current ? *current : Account{};
      changes.account->id = "id of " + key;
      changes.account->email_key = key;
      ++changes.account->mail_windows[0].count;
      OutboxRow row;
      row.id = key + std::to_string(changes.account->mail_windows[0].count);
      changes.outbox.push_back(row);
      return changes;
    };
    operation.done = [&answer](Status status) { answer.set_value(std::move(status)); };
    return operation;
  }

  /// Holds the writer in a commit while `fill` queues more: they become one batch.
  template <class Fill>
  void while_committing(Writer& writer, Fill fill) {
    std::promise<void> reached;
    std::promise<void> allowed;
    script_.commit_reached = &reached;
    script_.commit_allowed = allowed.get_future().share();
    std::promise<Status> answer;
    writer.submit(add_letter("first", answer));
    reached.get_future().wait();
    fill();
    allowed.set_value();
    ASSERT_TRUE(answer.get_future().get());
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ScriptedStore::Script script_;
};

TEST_F(WriterTest, R1_answers_after_the_commit) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<void> reached;
  std::promise<void> allowed;
  script_.commit_reached = &reached;
  script_.commit_allowed = allowed.get_future().share();
  std::promise<Status> answer;
  auto future = answer.get_future();
  writer.submit(add_letter("a", answer));
  reached.get_future().wait();
  EXPECT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  allowed.set_value();
  EXPECT_TRUE(future.get());
  EXPECT_THAT(script_.committed.outbox, ElementsAre("a1"));
}

TEST_F(WriterTest, what_waits_is_one_transaction) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> answers[3];
  while_committing(writer, [&] {
    for (auto& answer : answers) {
      writer.submit(add_letter("same", answer));
    }
  });
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  EXPECT_THAT(script_.batch_sizes, ElementsAre(1, 3));
  // Each saw what the one before it changed, though nothing was committed in between.
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "same1", "same2", "same3"));
  EXPECT_EQ(script_.committed.accounts["same"].revision, 1);
}

TEST_F(WriterTest, a_failing_operation_does_not_harm_its_neighbours) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  script_.refused_keys = {"poison"};
  std::promise<Status> before;
  std::promise<Status> poison;
  std::promise<Status> after;
  while_committing(writer, [&] {
    writer.submit(add_letter("before", before));
    writer.submit(add_letter("poison", poison));
    writer.submit(add_letter("after", after));
  });
  EXPECT_TRUE(before.get_future().get());
  EXPECT_TRUE(after.get_future().get());
  const auto status = poison.get_future().get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, store_error::kRejected);
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "before1", "after1"));
}

TEST_F(WriterTest, a_refusal_writes_nothing_and_harms_nobody) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> refused;
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, "x"};
  operation.decide = [](const Account*) -> Result<Changes> {
    return Error{"invalid_token", Retry::kNever, {}};
  };
  operation.done = [&](Status status) { refused.set_value(std::move(status)); };
  writer.submit(std::move(operation));
  EXPECT_EQ(refused.get_future().get().error().code, "invalid_token");
  EXPECT_TRUE(script_.committed.accounts.empty());
}

TEST_F(WriterTest, what_is_removed_is_not_seen_by_the_next_operation_of_the_batch) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> made;
  writer.submit(add_letter("a", made));
  ASSERT_TRUE(made.get_future().get());
  std::promise<Status> removed;
  std::promise<Status> again;
  bool seen = true;
  while_committing(writer, [&] {
    Operation remove;
    remove.account = {AccountRef::By::kEmailKey, "a"};
    remove.decide = [](const Account* current) -> Result<Changes> {
      EXPECT_NE(current, nullptr);
      Changes changes;
      changes.remove_account = true;
      return changes;
    };
    remove.done = [&](Status status) { removed.set_value(std::move(status)); };
    writer.submit(std::move(remove));
    Operation look;
    look.account = {AccountRef::By::kEmailKey, "a"};
    look.decide = [&](const Account* current) -> Result<Changes> {
      seen = current != nullptr;
      return Changes{};
    };
    look.done = [&](Status status) { again.set_value(std::move(status)); };
    writer.submit(std::move(look));
  });
  EXPECT_TRUE(removed.get_future().get());
  EXPECT_TRUE(again.get_future().get());
  EXPECT_FALSE(seen);
  EXPECT_FALSE(script_.committed.accounts.contains("a"));
}

TEST_F(WriterTest, R2_a_conflict_is_decided_anew) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  script_.conflicts = 2;
  std::promise<Status> answer;
  writer.submit(add_letter("a", answer));
  EXPECT_TRUE(answer.get_future().get());
  EXPECT_THAT(script_.batch_sizes, ElementsAre(1, 1, 1));
  EXPECT_THAT(script_.committed.outbox, ElementsAre("a1"));
}

TEST_F(WriterTest, R12_an_outage_is_answered_and_passes) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  for (bool* fault : {&script_.unreachable, &script_.commit_fails}) {
    *fault = true;
    std::promise<Status> answer;
    writer.submit(add_letter("a", answer));
    EXPECT_EQ(answer.get_future().get().error().code, store_error::kUnavailable);
    *fault = false;
  }
  std::promise<Status> answer;
  writer.submit(add_letter("a", answer));
  EXPECT_TRUE(answer.get_future().get());
}

TEST_F(WriterTest, R14_stop_finishes_what_waits_and_refuses_the_rest) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> last;
  while_committing(writer, [&] { writer.submit(add_letter("last", last)); });
  writer.stop();
  EXPECT_TRUE(last.get_future().get());
  std::promise<Status> late;
  writer.submit(add_letter("late", late));
  EXPECT_EQ(late.get_future().get().error().code, "overloaded");
  EXPECT_FALSE(writer.run([](Store&) { return Status{}; }));
}

TEST_F(WriterTest, tells_the_outbox_after_the_commit_only) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  const auto seen = writer.outbox_signal().generation();
  script_.unreachable = true;
  std::promise<Status> failed;
  writer.submit(add_letter("a", failed));
  EXPECT_FALSE(failed.get_future().get());
  EXPECT_EQ(writer.outbox_signal().generation(), seen);
  script_.unreachable = false;
  std::promise<Status> done;
  writer.submit(add_letter("a", done));
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(writer.outbox_signal().wait(
      seen, std::chrono::steady_clock::now() + std::chrono::seconds(10)));
}

class WriterAheadTest : public WriterTest {
 protected:
  WriterAheadTest() {
    script_.runs_ahead = true;
    std::promise<void> allowed;
    script_.commit_allowed = allowed.get_future().share();
    allowed.set_value();
  }

  /// Returns when the operation is being committed.
  void commit(Writer& writer, Operation operation) {
    std::promise<void> reached;
    script_.commit_reached = &reached;
    writer.submit(std::move(operation));
    reached.get_future().wait();
  }

  /// Submits one letter and holds its sync while `meanwhile` runs; what the letter was answered.
  template <class Meanwhile>
  Status while_syncing(Writer& writer, Meanwhile meanwhile) {
    std::promise<void> reached;
    std::promise<void> allowed;
    script_.sync_reached = &reached;
    script_.sync_allowed = allowed.get_future().share();
    std::promise<Status> answer;
    auto answered = answer.get_future();
    writer.submit(add_letter("first", answer));
    reached.get_future().wait();
    meanwhile(answered);
    allowed.set_value();
    return answered.get();
  }
};

TEST_F(WriterAheadTest, R1_answers_after_the_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  const auto seen = writer.outbox_signal().generation();
  EXPECT_TRUE(while_syncing(writer, [&](std::future<Status>& answered) {
    EXPECT_THAT(script_.committed.outbox, ElementsAre("first1"));
    EXPECT_EQ(answered.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    EXPECT_EQ(writer.outbox_signal().generation(), seen) << "no letter before the disk has it";
    EXPECT_EQ(writer.outbox_rows_added(), 0);
  }));
  EXPECT_NE(writer.outbox_signal().generation(), seen);
  EXPECT_EQ(writer.outbox_rows_added(), 1);
}

TEST_F(WriterAheadTest, transactions_go_on_and_share_the_next_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> answers[4];
  EXPECT_TRUE(while_syncing(writer, [&](std::future<Status>&) {
    for (auto& answer : answers) commit(writer, add_letter("next", answer));
  }));
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  // While the last of the five is being committed, three wait: theirs is one sync.
  EXPECT_LE(script_.syncs, 3);
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "next1", "next2", "next3", "next4"));
}

TEST_F(WriterAheadTest, R13_a_failed_sync_is_told_to_all_who_wait_and_passes) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  script_.sync_fails = true;
  std::promise<Status> second;
  const auto first = while_syncing(
      writer, [&](std::future<Status>&) { commit(writer, add_letter("second", second)); });
  EXPECT_EQ(first.error().code, store_error::kUnavailable);
  EXPECT_EQ(second.get_future().get().error().code, store_error::kUnavailable);
  EXPECT_EQ(writer.outbox_rows_added(), 0);

  script_.sync_fails = false;
  std::promise<Status> refused;
  writer.submit(add_letter("third", refused));
  EXPECT_FALSE(refused.get_future().get()) << "it finds the store broken, and restarts it";
  std::promise<Status> after;
  writer.submit(add_letter("after", after));
  EXPECT_TRUE(after.get_future().get());
  EXPECT_EQ(script_.restarts, 1);
}

TEST_F(WriterAheadTest, R14_stop_answers_what_waits_for_its_sync) {
  std::promise<Status> last;
  {
    Writer writer(std::make_unique<ScriptedStore>(script_), log_);
    EXPECT_TRUE(while_syncing(
        writer, [&](std::future<Status>&) { writer.submit(add_letter("last", last)); }));
  }
  EXPECT_TRUE(last.get_future().get());
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "last1"));
}

TEST_F(WriterAheadTest, no_more_than_some_transactions_run_ahead) {
  std::promise<void> reached;
  std::promise<void> allowed;
  script_.sync_reached = &reached;
  script_.sync_allowed = allowed.get_future().share();
  std::vector<std::size_t> told;
  {
    ScriptedStore store(script_);
    Syncer syncer(store);
    const auto push = [&](std::size_t number) {
      syncer.push([&told, number](const Status& status) {
        if (status) told.push_back(number);
      });
    };
    push(0);
    reached.get_future().wait();
    for (std::size_t i = 1; i <= limits::kUnsyncedBatches; ++i) push(i);
    auto too_many = std::async(std::launch::async, push, 1 + limits::kUnsyncedBatches);
    EXPECT_EQ(too_many.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    EXPECT_TRUE(told.empty());
    allowed.set_value();
    too_many.get();
  }
  std::vector<std::size_t> all(2 + limits::kUnsyncedBatches);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(told, all);
}

}  // namespace
}  // namespace postern
