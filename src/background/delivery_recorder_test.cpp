#include "background/delivery_recorder.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "fakes/memory_store.hpp"

namespace postern {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));

/// Gives what is put there; what is not settled is given again after a failure.
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<MailStatus> waiting;
  bool woken = false;
  /// take() throws that often first.
  int throws = 0;
  /// settle() fails that often first.
  int refusals = 0;
  int settled = 0;
  std::size_t published = 0;
};

class WorldOutcomes final : public OutcomeSource {
 public:
  explicit WorldOutcomes(World& world) : world_(world) {}

  Result<std::vector<MailStatus>> take(std::size_t max,
                                       std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(world_.mutex);
    if (world_.throws > 0) {
      --world_.throws;
      throw std::runtime_error("thrown by the source");
    }
    world_.changed.wait_until(lock, deadline,
                              [&] { return world_.woken || !world_.waiting.empty(); });
    std::vector<MailStatus> outcomes;
    while (!world_.waiting.empty() && outcomes.size() < max) {
      outcomes.push_back(world_.waiting.front());
      world_.waiting.pop_front();
    }
    return outcomes;
  }

  Status settle(std::span<const MailStatus> outcomes) override {
    const std::lock_guard lock(world_.mutex);
    if (world_.refusals > 0) {
      --world_.refusals;
      world_.waiting.insert(world_.waiting.begin(), outcomes.begin(), outcomes.end());
      return Error{"refused", Retry::kLater, "a consumer's queue is full"};
    }
    ++world_.settled;
    world_.published += outcomes.size();
    world_.changed.notify_all();
    return {};
  }

  void wake() override {
    const std::lock_guard lock(world_.mutex);
    world_.woken = true;
    world_.changed.notify_all();
  }

 private:
  World& world_;
};

class DeliveryRecorderTest : public ::testing::Test {
 protected:
  DeliveryRecorderTest() {
    OutboxRow row;
    row.id = "mail-1";
    row.account_id = "anna";
    row.kind = "confirm";
    row.body = "{}";
    row.created_at = kNoon;
    const auto status = writer_.run([&](Store& store) { return store.write({.outbox = {row}}); });
    EXPECT_TRUE(status);
  }

  static MailStatus outcome(DeliveryOutcome outcome, TimePoint at) {
    return {"anna", "mail-1", "confirm", outcome, at, {}, "451 later"};
  }

  std::optional<DeliveryOutcome> recorded() {
    return database_.state().mail_states.at({"anna", "mail-1"}).outcome;
  }

  void wait_for_settlements(int count) {
    std::unique_lock lock(world_.mutex);
    EXPECT_TRUE(
        world_.changed.wait_for(lock, seconds(10), [&] { return world_.settled == count; }));
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  fakes::MemoryDatabase database_;
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
  World world_;
};

TEST_F(DeliveryRecorderTest, outcomes_are_recorded_and_then_settled) {
  world_.waiting = {outcome(DeliveryOutcome::kDeferred, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldOutcomes>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(recorded(), DeliveryOutcome::kDeferred);
}

TEST_F(DeliveryRecorderTest, R16_a_source_that_throws_does_not_end_the_recorder) {
  world_.throws = 1;
  world_.waiting = {outcome(DeliveryOutcome::kDeferred, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldOutcomes>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(recorded(), DeliveryOutcome::kDeferred);
}

TEST_F(DeliveryRecorderTest, of_one_email_the_latest_outcome_is_recorded_and_all_are_settled) {
  world_.waiting = {outcome(DeliveryOutcome::kDeferred, kNoon + seconds(1)),
                    outcome(DeliveryOutcome::kSent, kNoon + seconds(2)),
                    outcome(DeliveryOutcome::kDeferred, kNoon + seconds(3))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldOutcomes>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(recorded(), DeliveryOutcome::kSent);
  EXPECT_EQ(world_.published, 3U);
}

TEST_F(DeliveryRecorderTest, outcomes_that_come_again_are_counted_once) {
  world_.refusals = 1;
  world_.waiting = {outcome(DeliveryOutcome::kSent, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldOutcomes>(world_), log_);
  wait_for_settlements(1);
  recorder.stop();
  EXPECT_EQ(recorder.outcomes().sent, 1U);
}

TEST_F(DeliveryRecorderTest, R12_while_the_database_is_away_nothing_is_settled) {
  database_.fail_next(fakes::StoreStep::kCommit,
                      {store_error::kUnavailable, Retry::kLater, "away"});
  world_.waiting = {outcome(DeliveryOutcome::kSent, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldOutcomes>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(recorded(), DeliveryOutcome::kSent) << "recorded by the second try";
}

}  // namespace
}  // namespace postern
