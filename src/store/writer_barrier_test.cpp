// Exceptions in the writer are one operation's error and never end the process.
#include <stdexcept>

#include "base/barrier.hpp"
#include "store/writer_fixture_test.hpp"

namespace postern {
namespace {

using ::testing::ElementsAre;

/// Of no std::exception.
struct Oddity {};

class WriterBarrierTest : public WriterTest {
 protected:
  Operation throwing(std::promise<Status>& answer, bool on_sessions = false) {
    Operation operation = add_mail("thrower", answer);
    operation.decide = [](const AccountView&) -> Result<Changes> {
      throw std::runtime_error("boom");
    };
    if (on_sessions) {
      operation.reads_sessions = true;
      operation.decide = [](const AccountView&) -> Result<Changes> { throw Oddity(); };
    }
    return operation;
  }

  /// `poison` is answered `internal`, both neighbours are written.
  void expect_only_poison_fails(const std::function<void(Writer&, std::promise<Status>&)>& poison) {
    Writer writer(std::make_unique<ScriptedStore>(script_), log_);
    std::promise<Status> before;
    std::promise<Status> poisoned;
    std::promise<Status> after;
    while_committing(writer, [&] {
      writer.submit(add_mail("before", before));
      poison(writer, poisoned);
      writer.submit(add_mail("after", after));
    });
    EXPECT_TRUE(before.get_future().get());
    EXPECT_TRUE(after.get_future().get());
    const auto status = poisoned.get_future().get();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, kInternalError);
    EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "before1", "after1"));
  }
};

TEST_F(WriterBarrierTest, R16_a_decision_that_throws_fails_alone) {
  expect_only_poison_fails(
      [&](Writer& writer, std::promise<Status>& answer) { writer.submit(throwing(answer)); });
}

TEST_F(WriterBarrierTest, R16_a_decision_on_sessions_that_throws_anything_fails_alone) {
  expect_only_poison_fails(
      [&](Writer& writer, std::promise<Status>& answer) { writer.submit(throwing(answer, true)); });
}

TEST_F(WriterBarrierTest, R16_a_task_that_throws_fails_alone) {
  expect_only_poison_fails([&](Writer& writer, std::promise<Status>& answer) {
    StoreTask task;
    task.run = [](Store&) -> Status { throw std::runtime_error("boom"); };
    task.done = [&](Status status) { answer.set_value(std::move(status)); };
    writer.submit(std::move(task));
  });
}

TEST_F(WriterBarrierTest, R16_a_store_that_throws_for_one_account_fails_that_one) {
  script_.throwing = {"write poison", "rollback"};
  expect_only_poison_fails([&](Writer& writer, std::promise<Status>& answer) {
    writer.submit(add_mail("poison", answer));
  });
}

TEST_F(WriterBarrierTest, R16_a_store_that_throws_at_any_step_is_an_answer_and_passes) {
  for (const auto* step : {"begin", "find", "commit"}) {
    Writer writer(std::make_unique<ScriptedStore>(script_), log_);
    script_.throwing = {step, "rollback"};
    std::promise<Status> failed;
    writer.submit(add_mail("a", failed));
    const auto status = failed.get_future().get();
    ASSERT_FALSE(status) << step;
    // A commit's outcome is unknown: what it was about may be tried again.
    const bool unknown = std::string_view(step) == "commit";
    EXPECT_EQ(status.error().code, unknown ? store_error::kUnavailable : kInternalError) << step;
    script_.throwing.clear();
    EXPECT_TRUE(writer.run([](Store&) { return Status{}; })) << step;
  }
}

TEST_F(WriterBarrierTest, R16_a_sync_that_throws_fails_what_waits_for_it) {
  script_.defers_sync = true;
  script_.throwing = {"sync"};
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> failed;
  writer.submit(add_mail("a", failed));
  EXPECT_FALSE(failed.get_future().get());
}

TEST_F(WriterBarrierTest, R16_an_answer_that_throws_harms_no_other_operation) {
  for (const bool defers_sync : {false, true}) {
    script_.defers_sync = defers_sync;
    Writer writer(std::make_unique<ScriptedStore>(script_), log_);
    std::promise<Status> before;
    std::promise<Status> unused;
    std::promise<Status> after;
    while_committing(writer, [&] {
      writer.submit(add_mail("before", before));
      Operation thrower = add_mail("thrower", unused);
      thrower.done = [](Status) { throw std::runtime_error("boom"); };
      writer.submit(std::move(thrower));
      writer.submit(add_mail("after", after));
    });
    EXPECT_TRUE(before.get_future().get());
    EXPECT_TRUE(after.get_future().get());
    EXPECT_TRUE(writer.run([](Store&) { return Status{}; }));
  }
}

}  // namespace
}  // namespace postern
