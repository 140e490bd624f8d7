#include "store/writer_fixture_test.hpp"

#include "base/limits.hpp"

namespace postern {
namespace {

using ::testing::ElementsAre;

TEST_F(WriterTest, R1_answers_after_the_commit) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<void> reached;
  std::promise<void> allowed;
  script_.commit_reached = &reached;
  script_.commit_allowed = allowed.get_future().share();
  std::promise<Status> answer;
  auto future = answer.get_future();
  writer.submit(add_mail("a", answer));
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
      writer.submit(add_mail("same", answer));
    }
  });
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  EXPECT_THAT(script_.batch_sizes, ElementsAre(1, 3));
  // Each saw what the one before it changed, though nothing was committed in between.
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "same1", "same2", "same3"));
  EXPECT_EQ(script_.committed.accounts["same"].revision, 1);
}

TEST_F(WriterTest, operations_that_are_submitted_together_are_one_transaction) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> answers[3];
  std::vector<Operation> operations;
  for (auto& answer : answers) operations.push_back(add_mail("same", answer));
  writer.submit(std::move(operations));
  for (auto& answer : answers) EXPECT_TRUE(answer.get_future().get());
  EXPECT_THAT(script_.batch_sizes, ElementsAre(3));
}

TEST_F(WriterTest, accepted_requests_of_a_transaction_share_rows) {
  constexpr std::size_t kCount = limits::kRequestsPerRow + 2;
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::vector<RequestPlace> places;
  std::promise<void> all;
  while_committing(writer, [&] {
    for (std::size_t i = 0; i < kCount; ++i) {
      writer.submit(Acceptance{{}, [&](const Status& status, const AcceptedRequest& request) {
                                 EXPECT_TRUE(status);
                                 places.push_back(request.place);
                                 if (places.size() == kCount) all.set_value();
                               }});
    }
  });
  all.get_future().wait();
  const std::string first = places.front().row;
  const std::string last = places.back().row;
  EXPECT_NE(first, last);
  for (std::size_t i = 0; i < limits::kRequestsPerRow; ++i) {
    EXPECT_EQ(places[i], (RequestPlace{first, i, limits::kRequestsPerRow}));
  }
  EXPECT_EQ(places[kCount - 2], (RequestPlace{last, 0, 2}));
  EXPECT_EQ(places[kCount - 1], (RequestPlace{last, 1, 2}));
}

TEST_F(WriterTest, a_failing_operation_does_not_harm_its_neighbours) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  script_.refused_keys = {"poison"};
  std::promise<Status> before;
  std::promise<Status> poison;
  std::promise<Status> after;
  while_committing(writer, [&] {
    writer.submit(add_mail("before", before));
    writer.submit(add_mail("poison", poison));
    writer.submit(add_mail("after", after));
  });
  EXPECT_TRUE(before.get_future().get());
  EXPECT_TRUE(after.get_future().get());
  const auto status = poison.get_future().get();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, store_error::kRejected);
  EXPECT_THAT(script_.committed.outbox, ElementsAre("first1", "before1", "after1"));
}

TEST_F(WriterTest, a_refusal_writes_nothing_and_harms_no_other_operation) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> refused;
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, "x"};
  operation.decide = [](const AccountView&) -> Result<Changes> {
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
  writer.submit(add_mail("a", made));
  ASSERT_TRUE(made.get_future().get());
  std::promise<Status> removed;
  std::promise<Status> again;
  bool seen = true;
  while_committing(writer, [&] {
    Operation remove;
    remove.account = {AccountRef::By::kEmailKey, "a"};
    remove.decide = [](const AccountView& current) -> Result<Changes> {
      EXPECT_NE(current.account, nullptr);
      Changes changes;
      changes.remove_account = true;
      return changes;
    };
    remove.done = [&](Status status) { removed.set_value(std::move(status)); };
    writer.submit(std::move(remove));
    Operation look;
    look.account = {AccountRef::By::kEmailKey, "a"};
    look.decide = [&](const AccountView& current) -> Result<Changes> {
      seen = current.account != nullptr;
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
  writer.submit(add_mail("a", answer));
  EXPECT_TRUE(answer.get_future().get());
  EXPECT_THAT(script_.batch_sizes, ElementsAre(1, 1, 1));
  EXPECT_THAT(script_.committed.outbox, ElementsAre("a1"));
}

TEST_F(WriterTest, R12_an_outage_is_answered_and_passes) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  for (bool* fault : {&script_.unreachable, &script_.commit_fails}) {
    *fault = true;
    std::promise<Status> answer;
    writer.submit(add_mail("a", answer));
    EXPECT_EQ(answer.get_future().get().error().code, store_error::kUnavailable);
    *fault = false;
  }
  std::promise<Status> answer;
  writer.submit(add_mail("a", answer));
  EXPECT_TRUE(answer.get_future().get());
}

TEST_F(WriterTest, R14_stop_finishes_what_waits_and_refuses_the_rest) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  std::promise<Status> last;
  while_committing(writer, [&] { writer.submit(add_mail("last", last)); });
  writer.stop();
  EXPECT_TRUE(last.get_future().get());
  std::promise<Status> late;
  writer.submit(add_mail("late", late));
  EXPECT_EQ(late.get_future().get().error().code, "overloaded");
  EXPECT_FALSE(writer.run([](Store&) { return Status{}; }));
}

TEST_F(WriterTest, tells_the_outbox_after_the_commit_only) {
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  const auto seen = writer.outbox_signal().generation();
  script_.unreachable = true;
  std::promise<Status> failed;
  writer.submit(add_mail("a", failed));
  EXPECT_FALSE(failed.get_future().get());
  EXPECT_EQ(writer.outbox_signal().generation(), seen);
  script_.unreachable = false;
  std::promise<Status> done;
  writer.submit(add_mail("a", done));
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(writer.outbox_signal().wait(
      seen, std::chrono::steady_clock::now() + std::chrono::seconds(10)));
}

TEST_F(WriterTest, counts_the_actions_of_committed_transactions_only) {
  script_.commit_fails = true;
  Writer writer(std::make_unique<ScriptedStore>(script_), log_);
  const auto audited = [&](const std::string& outcome) {
    Operation operation;
    operation.account = {AccountRef::By::kEmailKey, "a"};
    operation.decide = [outcome](const AccountView&) -> Result<Changes> {
      Changes changes;
      changes.audit.push_back({"id", {}, "login", outcome, "", ""});
      return changes;
    };
    std::promise<Status> answer;
    operation.done = [&](Status status) { answer.set_value(std::move(status)); };
    writer.submit(std::move(operation));
    return static_cast<bool>(answer.get_future().get());
  };
  EXPECT_FALSE(audited("done"));
  EXPECT_THAT(writer.actions().all(), ::testing::IsEmpty());
  script_.commit_fails = false;
  for (const auto* outcome : {"refused", "done", "refused"}) EXPECT_TRUE(audited(outcome));
  const auto counts = writer.actions().all();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[0].action + counts[0].outcome, "loginrefused");
  EXPECT_EQ(counts[0].count, 2u);
  EXPECT_EQ(counts[1].action + counts[1].outcome, "logindone");
  EXPECT_EQ(counts[1].count, 1u);
}

}  // namespace
}  // namespace postern
