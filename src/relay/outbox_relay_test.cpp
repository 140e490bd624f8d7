#include "relay/outbox_relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>

#include "base/limits.hpp"
#include "fakes/memory_store.hpp"

namespace postern {
namespace {

using fakes::MemoryDatabase;
using fakes::MemoryStore;
using std::chrono::seconds;

/// A broker that does what the test says; shared by the test and the relay's publisher.
struct Broker {
  std::mutex mutex;
  std::condition_variable changed;
  bool away = false;
  bool breaks_off = false;
  /// publish() throws that often first.
  int throws = 0;
  std::set<std::string> returned;
  std::vector<std::string> taken;
  int connects = 0;
  /// publish() waits until let_go().
  std::atomic<bool> holds = false;
  bool holding = false;

  void let_go() {
    const std::lock_guard lock(mutex);
    holds = false;
    changed.notify_all();
  }
  template <class Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(10), condition);
  }
};

class BrokerPublisher final : public JobPublisher {
 public:
  explicit BrokerPublisher(Broker& broker) : broker_(broker) {}

  Status connect() override {
    const std::lock_guard lock(broker_.mutex);
    ++broker_.connects;
    broker_.changed.notify_all();
    if (broker_.away) return Error{"broker_unavailable", Retry::kLater, "away"};
    return {};
  }

  Result<std::vector<bool>> publish(std::span<const OutboxRow> rows) override {
    std::unique_lock lock(broker_.mutex);
    broker_.holding = broker_.holds;
    broker_.changed.notify_all();
    broker_.changed.wait(lock, [&] { return !broker_.holds; });
    broker_.holding = false;
    if (broker_.throws > 0) {
      --broker_.throws;
      throw std::runtime_error("thrown by the publisher");
    }
    if (broker_.breaks_off) return Error{"broker_unavailable", Retry::kLater, "broke off"};
    std::vector<bool> confirmed;
    for (const auto& row : rows) {
      confirmed.push_back(!broker_.returned.contains(row.id));
      if (confirmed.back()) broker_.taken.push_back(row.id);
    }
    return confirmed;
  }

 private:
  Broker& broker_;
};

class RelayTest : public ::testing::Test {
 protected:
  OutboxRow make_mail(const std::string& id) {
    OutboxRow row;
    row.id = id;
    row.kind = "confirm";
    row.body = "{}";
    row.created_at = clock_.now();
    row.available_at = clock_.now();
    return row;
  }
  /// As another process does it: nothing hands the row over.
  void add_mail(const std::string& id) {
    const auto status =
        writer_.run([&](Store& store) { return store.write({.outbox = {make_mail(id)}}); });
    ASSERT_TRUE(status);
    writer_.outbox_signal().notify();
  }
  /// As an operation does it.
  static void commit_mail(Writer& writer, OutboxRow row) {
    std::promise<Status> done;
    writer.submit(Operation{
        .account = {AccountRef::By::kId, "unknown"},
        .decide = [&](const AccountView&) -> Result<Changes> { return Changes{.outbox = {row}}; },
        .done = [&](Status status) { done.set_value(std::move(status)); }});
    ASSERT_TRUE(done.get_future().get());
  }
  /// The broker holds the first one back until let_go(), so that the second one stays handed over.
  void commit_behind_a_window(const std::string& first, const std::string& second) {
    broker_.holds = true;
    commit_mail(writer_, make_mail(first));
    EXPECT_TRUE(broker_.wait_for([&] { return broker_.holding; }));
    commit_mail(writer_, make_mail(second));
  }
  std::vector<std::string> free_for_another() {
    std::vector<std::string> ids;
    const auto status = writer_.run([&](Store& store) -> Status {
      const auto rows =
          store.claim_outbox({10, "another app", clock_.now(), clock_.now() + seconds(30)});
      for (const auto& row : *rows) ids.push_back(row.id);
      return {};
    });
    EXPECT_TRUE(status);
    return ids;
  }

  std::int64_t waiting() {
    std::int64_t rows = -1;
    const auto status = writer_.run([&](Store& store) -> Status {
      const auto counted = store.count_outbox(1000);
      if (!counted) return counted.error();
      rows = *counted;
      return {};
    });
    EXPECT_TRUE(status);
    return rows;
  }

  std::unique_ptr<OutboxRelay> start() {
    return std::make_unique<OutboxRelay>(writer_, std::make_unique<BrokerPublisher>(broker_),
                                         clock_, log_);
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'000'000)};
  MemoryDatabase database_;
  Writer writer_{std::make_unique<MemoryStore>(database_), log_};
  Broker broker_;
};

TEST_F(RelayTest, publishes_what_was_committed_and_deletes_it_after_the_confirm) {
  add_mail("before");
  auto relay = start();
  add_mail("after");
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 2; }));
  relay->stop();
  EXPECT_THAT(broker_.taken, ::testing::ElementsAre("before", "after"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, R3_a_returned_row_stays_and_is_published_again) {
  broker_.returned = {"b"};
  for (const auto* id : {"a", "b", "c"}) add_mail(id);
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 2; }));
  {
    const std::lock_guard lock(broker_.mutex);
    broker_.returned.clear();
  }
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 3; }));
  relay->stop();
  EXPECT_THAT(broker_.taken, ::testing::ElementsAre("a", "c", "b"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, R9_what_the_broker_refuses_is_counted_and_kept) {
  broker_.returned = {"a", "b"};
  for (const auto* id : {"a", "b", "c"}) add_mail(id);
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 1; }));
  relay->stop();
  EXPECT_EQ(relay->published(), 1u);
  EXPECT_EQ(relay->returned() % 2, 0u);
  EXPECT_GE(relay->returned(), 2u);
  EXPECT_EQ(waiting(), 2);
}

TEST_F(RelayTest, R3_a_row_without_a_confirm_stays_and_is_free_for_others) {
  broker_.breaks_off = true;
  add_mail("a");
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 2; }));
  relay->stop();
  EXPECT_EQ(waiting(), 1);
  EXPECT_THAT(free_for_another(), ::testing::ElementsAre("a")) << "the lease was not given back";
}

TEST_F(RelayTest, R16_a_publisher_that_throws_ends_nothing_and_loses_nothing) {
  broker_.throws = 1;
  add_mail("a");
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 1; }));
  relay->stop();
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, what_is_committed_here_is_published_without_a_claim) {
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 1; }));
  commit_mail(writer_, make_mail("first"));
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 1; }));
  commit_behind_a_window("in flight", "handed over");
  EXPECT_THAT(free_for_another(), ::testing::IsEmpty()) << "both are leased from their commit on";
  broker_.let_go();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 3; }));
  relay->stop();
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, R3_what_was_handed_over_is_free_again_when_the_broker_goes) {
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 1; }));
  commit_behind_a_window("in flight", "handed over");
  broker_.away = true;
  broker_.breaks_off = true;
  broker_.let_go();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 3; }));
  relay->stop();
  EXPECT_EQ(waiting(), 2);
  EXPECT_THAT(free_for_another(), ::testing::UnorderedElementsAre("in flight", "handed over"));
}

TEST_F(RelayTest, R2_what_was_handed_over_is_others_when_its_lease_has_ended) {
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 1; }));
  commit_behind_a_window("in flight", "handed over");
  clock_.advance(limits::kRelayLease);
  EXPECT_THAT(free_for_another(), ::testing::UnorderedElementsAre("in flight", "handed over"));
  broker_.let_go();
  int before = 0;
  broker_.wait_for([&] { return (before = broker_.connects) > 0; });
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= before + 2; }));
  relay->stop();
  EXPECT_THAT(broker_.taken, ::testing::ElementsAre("in flight"));
}

TEST_F(RelayTest, a_hand_off_that_is_full_loses_nothing) {
  broker_.holds = true;
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 1; }));
  const std::size_t mails = limits::kHandedOver + 700;
  for (std::size_t i = 0; i < mails; ++i) commit_mail(writer_, make_mail(std::to_string(i)));
  broker_.let_go();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() >= mails; }));
  relay->stop();
  EXPECT_EQ(broker_.taken.size(), mails);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, R2_relays_of_two_apps_publish_what_both_commit_once) {
  Writer other(std::make_unique<MemoryStore>(database_), log_);
  auto one = start();
  OutboxRelay two(other, std::make_unique<BrokerPublisher>(broker_), clock_, log_);
  for (int i = 0; i < 100; ++i) {
    commit_mail(writer_, make_mail("one-" + std::to_string(i)));
    commit_mail(other, make_mail("two-" + std::to_string(i)));
  }
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() >= 200; }));
  one->stop();
  two.stop();
  EXPECT_EQ(std::set(broker_.taken.begin(), broker_.taken.end()).size(), 200U);
  EXPECT_EQ(broker_.taken.size(), 200U);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RelayTest, R10_while_the_broker_is_away_rows_wait_unclaimed) {
  broker_.away = true;
  add_mail("a");
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.connects >= 3; }));
  EXPECT_FALSE(relay->connected());
  EXPECT_EQ(waiting(), 1);
  {
    const std::lock_guard lock(broker_.mutex);
    broker_.away = false;
  }
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 1; }));
  EXPECT_TRUE(relay->connected());
}

TEST_F(RelayTest, R2_two_relays_publish_each_row_once) {
  auto one = start();
  auto two = start();
  for (int i = 0; i < 200; ++i) add_mail(std::to_string(i));
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() >= 200; }));
  one->stop();
  two->stop();
  EXPECT_EQ(broker_.taken.size(), 200U);
  EXPECT_EQ(std::set(broker_.taken.begin(), broker_.taken.end()).size(), 200U);
}

TEST_F(RelayTest, R12_a_database_fault_repeats_no_deletion_and_loses_no_row) {
  database_.fail_next(fakes::StoreStep::kClaim,
                      Error{store_error::kUnavailable, Retry::kLater, "away"});
  add_mail("a");
  auto relay = start();
  EXPECT_TRUE(broker_.wait_for([&] { return broker_.taken.size() == 1; }));
  relay->stop();
  EXPECT_EQ(waiting(), 0);
}

}  // namespace
}  // namespace postern
