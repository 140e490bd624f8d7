#include "relay/delivery_recorder.hpp"

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
  std::vector<MailStatus> taken;
  bool woken = false;
  /// take() throws that often first.
  int throws = 0;
  int settled = 0;
};

class WorldEvents final : public MailEventSource {
 public:
  explicit WorldEvents(World& world) : world_(world) {}

  Result<std::vector<MailStatus>> take(std::size_t max,
                                       std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(world_.mutex);
    if (world_.throws > 0) {
      --world_.throws;
      throw std::runtime_error("thrown by the source");
    }
    world_.changed.wait_until(lock, deadline,
                              [&] { return world_.woken || !world_.waiting.empty(); });
    std::vector<MailStatus> events;
    while (!world_.waiting.empty() && events.size() < max) {
      events.push_back(world_.waiting.front());
      world_.waiting.pop_front();
    }
    return events;
  }

  Status settle() override {
    const std::lock_guard lock(world_.mutex);
    ++world_.settled;
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

  static MailStatus event(MailState state, TimePoint at) {
    return {"anna", "mail-1", "confirm", state, at, {}, "451 later"};
  }

  MailState noted() { return database_.state().mail_states.at({"anna", "mail-1"}).state; }

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

TEST_F(DeliveryRecorderTest, what_a_worker_says_is_noted_and_then_settled) {
  world_.waiting = {event(MailState::kDeferred, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldEvents>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(noted(), MailState::kDeferred);
}

TEST_F(DeliveryRecorderTest, R16_a_source_that_throws_does_not_end_the_recorder) {
  world_.throws = 1;
  world_.waiting = {event(MailState::kDeferred, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldEvents>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(noted(), MailState::kDeferred);
}

TEST_F(DeliveryRecorderTest, of_one_email_only_the_last_word_is_noted) {
  world_.waiting = {event(MailState::kDeferred, kNoon + seconds(1)),
                    event(MailState::kSent, kNoon + seconds(2)),
                    event(MailState::kDeferred, kNoon + seconds(3))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldEvents>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(noted(), MailState::kSent);
}

TEST_F(DeliveryRecorderTest, R12_while_the_database_is_away_nothing_is_settled) {
  database_.fail_next(fakes::StoreStep::kCommit,
                      {store_error::kUnavailable, Retry::kLater, "away"});
  world_.waiting = {event(MailState::kSent, kNoon + seconds(1))};
  DeliveryRecorder recorder(writer_, std::make_unique<WorldEvents>(world_), log_);
  wait_for_settlements(1);
  EXPECT_EQ(noted(), MailState::kSent) << "noted by the second try";
}

}  // namespace
}  // namespace postern
