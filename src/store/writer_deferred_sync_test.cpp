// Commits that run ahead of the disk, and the syncs that they wait for.
#include <numeric>

#include "base/limits.hpp"
#include "store/writer_fixture_test.hpp"

namespace postern {
namespace {

using ::testing::ElementsAre;

class WriterAheadTest : public WriterTest {
 protected:
  WriterAheadTest() {
    script_.defers_sync = true;
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

  /// Reads an account and changes nothing.
  static Operation look(const std::string& key, std::promise<Status>& answer) {
    Operation operation;
    operation.account = {AccountRef::By::kEmailKey, key};
    operation.decide = [](const AccountView&) { return Result<Changes>(Changes{}); };
    operation.done = [&answer](Status status) { answer.set_value(std::move(status)); };
    return operation;
  }

  /// Submits one email and holds its sync while `meanwhile` runs; what the email was answered.
  template <class Meanwhile>
  Status while_syncing(Writer& writer, Meanwhile meanwhile) {
    std::promise<void> reached;
    std::promise<void> allowed;
    script_.sync_reached = &reached;
    script_.sync_allowed = allowed.get_future().share();
    std::promise<Status> answer;
    auto answered = answer.get_future();
    writer.submit(add_mail("first", answer));
    reached.get_future().wait();
    meanwhile(answered);
    allowed.set_value();
    return answered.get();
  }
};

TEST_F(WriterAheadTest, R1_answers_after_the_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  const auto seen = writer.outbox_signal().generation();
  std::promise<Status> second;
  EXPECT_TRUE(while_syncing(writer, [&](std::future<Status>& answered) {
    EXPECT_THAT(script_.committed.outbox, ElementsAre("first1"));
    // When it commits a second email, the writer is finished with the first one.
    commit(writer, add_mail("second", second));
    EXPECT_EQ(answered.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    EXPECT_EQ(writer.outbox_signal().generation(), seen) << "no email before the disk has it";
    EXPECT_EQ(writer.outbox_rows_added(), 0);
  }));
  EXPECT_TRUE(second.get_future().get());
  EXPECT_NE(writer.outbox_signal().generation(), seen);
  EXPECT_EQ(writer.outbox_rows_added(), 2);
}

TEST_F(WriterAheadTest, transactions_go_on_and_share_the_next_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> answers[4];
  EXPECT_TRUE(while_syncing(writer, [&](std::future<Status>&) {
    for (auto& answer : answers) commit(writer, add_mail("next", answer));
  }));
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  // While the last of the five is being committed, three wait: theirs is one sync.
  EXPECT_LE(script_.syncs, 3);
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "next1", "next2", "next3", "next4"));
}

TEST_F(WriterAheadTest, a_read_is_answered_without_a_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> answer;
  writer.submit(look("unknown", answer));
  EXPECT_TRUE(answer.get_future().get());
  writer.stop();
  EXPECT_EQ(script_.syncs, 0);
}

TEST_F(WriterAheadTest, R1_a_read_of_an_unsynced_row_waits_for_its_sync) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> looked, second;
  auto look_answered = looked.get_future();
  EXPECT_TRUE(while_syncing(writer, [&](std::future<Status>&) {
    commit(writer, look("first", looked));
    // When it commits a second email, the writer is finished with the look.
    commit(writer, add_mail("second", second));
    EXPECT_EQ(look_answered.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }));
  EXPECT_TRUE(look_answered.get());
  EXPECT_TRUE(second.get_future().get());
}

TEST_F(WriterAheadTest, R1_a_task_waits_for_a_sync_whatever_it_did) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  EXPECT_TRUE(writer.run([](Store&) { return Status(); }));
  EXPECT_EQ(script_.syncs, 1);
}

TEST_F(WriterAheadTest, R13_a_failed_sync_is_reported_to_all_who_wait_and_passes) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  script_.sync_fails = true;
  std::promise<Status> second;
  const auto first = while_syncing(
      writer, [&](std::future<Status>&) { commit(writer, add_mail("second", second)); });
  EXPECT_EQ(first.error().code, store_error::kUnavailable);
  EXPECT_EQ(second.get_future().get().error().code, store_error::kUnavailable);
  EXPECT_EQ(writer.outbox_rows_added(), 0);

  script_.sync_fails = false;
  std::promise<Status> refused;
  writer.submit(add_mail("third", refused));
  EXPECT_FALSE(refused.get_future().get()) << "it finds the store broken, and restarts it";
  std::promise<Status> after;
  writer.submit(add_mail("after", after));
  EXPECT_TRUE(after.get_future().get());
  EXPECT_EQ(script_.restarts, 1);
}

TEST_F(WriterAheadTest, R14_stop_answers_what_waits_for_its_sync) {
  std::promise<Status> last;
  {
    Writer writer(std::make_unique<ScriptedStore>(script_), log_);
    EXPECT_TRUE(while_syncing(
        writer, [&](std::future<Status>&) { writer.submit(add_mail("last", last)); }));
  }
  EXPECT_TRUE(last.get_future().get());
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "last1"));
}

TEST_F(WriterAheadTest, no_more_than_some_transactions_run_ahead) {
  std::promise<void> reached;
  std::promise<void> allowed;
  script_.sync_reached = &reached;
  script_.sync_allowed = allowed.get_future().share();
  std::vector<std::size_t> called;
  {
    ScriptedStore store(script_);
    Syncer syncer(store);
    const auto push = [&](std::size_t number) {
      syncer.push([&called, number](const Status& status) {
        if (status) called.push_back(number);
      });
    };
    push(0);
    reached.get_future().wait();
    for (std::size_t i = 1; i <= limits::kUnsyncedBatches; ++i) push(i);
    auto too_many = std::async(std::launch::async, push, 1 + limits::kUnsyncedBatches);
    EXPECT_EQ(too_many.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    EXPECT_TRUE(called.empty());
    allowed.set_value();
    too_many.get();
  }
  std::vector<std::size_t> all(2 + limits::kUnsyncedBatches);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(called, all);
}

}  // namespace
}  // namespace postern
