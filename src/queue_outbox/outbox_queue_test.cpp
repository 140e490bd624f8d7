#include "queue_outbox/outbox_queue.hpp"

#include <future>

#include "base/limits.hpp"
#include "contract/dead_letters_contract.hpp"
#include "contract/queue_contract.hpp"
#include "fakes/memory_store.hpp"
#include "queue_outbox/outbox_dead_letters.hpp"

namespace postern {
namespace {

class OutboxDriver final : public QueueDriver {
 public:
  std::unique_ptr<MailQueue> open() override {
    return std::make_unique<OutboxQueue>(writer_, clock_);
  }
  void put(const OutboxRow& row) override {
    std::promise<Status> finished;
    writer_.submit(
        Operation{.account = {.by = AccountRef::By::kEmailKey, .value = "a@example.com"},
                  .decide = [&](const AccountView&) -> Result<Changes> {
                    Changes changes;
                    changes.outbox.push_back(row);
                    changes.outbox.back().available_at = clock_.now();
                    return changes;
                  },
                  .done = [&](Status status) { finished.set_value(std::move(status)); }});
    ASSERT_TRUE(finished.get_future().get());
  }
  void end_leases() override { clock_.advance(limits::kMailLease); }
  std::vector<StoredJob> deferred() override { return jobs(false); }
  std::vector<StoredJob> dead() override { return jobs(true); }
  void end_delays() override { clock_.advance(std::chrono::hours(2)); }

  std::unique_ptr<DeadLetters> open_dead_letters() override {
    return std::make_unique<OutboxDeadLetters>(operators_store_, clock_);
  }
  QueueCounts count() override {
    auto counts = OutboxDeadLetters(operators_store_, clock_).count();
    if (!counts) throw std::runtime_error(counts.error().cause);
    return *counts;
  }

  int delivery_limit() const override { return limits::kOutboxClaims; }
  /// A database takes UTF-8 alone.
  std::string unreadable_body() const override { return "\x01 not { json"; }
  fakes::MemoryDatabase& database() { return database_; }
  ManualClock& clock() { return clock_; }

 private:
  std::vector<StoredJob> jobs(bool dead) {
    std::vector<StoredJob> found;
    for (const auto& entry : database_.state().outbox) {
      const bool waits =
          entry.leased_until <= clock_.now() && entry.row.available_at > clock_.now();
      if (dead ? !entry.dead : entry.dead || !waits) continue;
      found.push_back({.id = entry.row.id,
                       .body = entry.row.body,
                       .attempts = entry.row.attempts,
                       .reason = entry.reason,
                       .delay = entry.row.available_at - clock_.now()});
    }
    return found;
  }

  fakes::MemoryDatabase database_;
  ManualClock clock_{from_unix_ms(1'763'823'845'000)};
  Logger log_{LogLevel::kOff, LogFormat::kText};
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
  fakes::MemoryStore operators_store_{database_};
};

INSTANTIATE_TEST_SUITE_P(Outbox, QueueContract, ::testing::Values(QueueDriverFactory([] {
                           return std::make_unique<OutboxDriver>();
                         })));
INSTANTIATE_TEST_SUITE_P(Outbox, DeadLettersContract, ::testing::Values(QueueDriverFactory([] {
                           return std::make_unique<OutboxDriver>();
                         })));

OutboxRow row(const std::string& id) {
  return {.id = id,
          .kind = "confirm",
          .body = "{}",
          .traceparent = "",
          .created_at = {},
          .available_at = {}};
}

Settled settled_as(DeliveryOutcome outcome, const Delivery& delivery) {
  Settled settled;
  settled.tag = delivery.tag;
  settled.outcome = outcome;
  return settled;
}

auto soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

TEST(OutboxQueue, a_lease_that_ran_out_before_settling_is_no_error) {
  OutboxDriver driver;
  driver.put(row("slow"));
  const auto slow = driver.open();
  const auto quick = driver.open();
  const auto first = slow->take(1, soon());
  driver.end_leases();
  const auto second = quick->take(1, soon());
  ASSERT_TRUE(first && second);
  ASSERT_EQ(second->size(), 1U);
  EXPECT_TRUE(quick->settle(std::vector{settled_as(DeliveryOutcome::kSent, second->at(0))}));
  EXPECT_TRUE(slow->settle(std::vector{settled_as(DeliveryOutcome::kSent, first->at(0))}));
  EXPECT_TRUE(driver.database().state().outbox.empty());
}

TEST(OutboxQueue, R4_a_job_stays_leased_for_the_time_of_the_lease) {
  OutboxDriver driver;
  driver.put(row("a"));
  const auto one = driver.open();
  const auto other = driver.open();
  ASSERT_EQ(one->take(1, soon())->size(), 1U);
  driver.clock().advance(limits::kMailLease - std::chrono::milliseconds(1));
  EXPECT_TRUE(other->take(1, {})->empty());
  driver.clock().advance(std::chrono::milliseconds(1));
  EXPECT_EQ(other->take(1, {})->size(), 1U);
}

TEST(OutboxQueue, R15_a_clock_that_is_set_back_stalls_no_email) {
  OutboxDriver driver;
  auto fresh = row("a");
  fresh.created_at = driver.clock().now();
  driver.put(fresh);
  driver.clock().advance(-std::chrono::hours(5));
  const auto queue = driver.open();
  const auto taken = queue->take(1, soon());
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->size(), 1U);
}

TEST(OutboxQueue, R12_an_unreachable_database_is_an_error_and_loses_nothing) {
  OutboxDriver driver;
  driver.put(row("a"));
  const auto queue = driver.open();
  const auto taken = queue->take(1, soon());
  ASSERT_TRUE(taken);
  const Error gone{store_error::kUnavailable, Retry::kLater, "gone"};
  driver.database().fail_next(fakes::StoreStep::kBegin, gone);
  EXPECT_FALSE(queue->settle(std::vector{settled_as(DeliveryOutcome::kSent, taken->at(0))}));
  for (const auto step :
       {fakes::StoreStep::kBegin, fakes::StoreStep::kClaim, fakes::StoreStep::kCommit}) {
    driver.end_leases();
    driver.database().fail_next(step, gone);
    const auto failed = queue->take(1, soon());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, store_error::kUnavailable);
  }
  const auto again = queue->take(1, soon());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size(), 1U);
}

TEST(OutboxQueue, a_tag_that_was_never_given_out_is_ignored) {
  OutboxDriver driver;
  const auto queue = driver.open();
  EXPECT_TRUE(queue->settle(
      std::vector{settled_as(DeliveryOutcome::kSent, Delivery{.tag = 77, .body = ""})}));
}

TEST(OutboxQueue, R6_jitter_spreads_the_next_tries) {
  OutboxDriver driver;
  for (int i = 0; i < 64; ++i) driver.put(row("mail-" + std::to_string(i)));
  const auto queue = driver.open();
  std::vector<Settled> later;
  const auto taken = queue->take(64, soon());
  ASSERT_TRUE(taken);
  for (const auto& delivery : *taken) {
    later.push_back(settled_as(DeliveryOutcome::kDeferred, delivery));
  }
  ASSERT_TRUE(queue->settle(later));
  std::set<Duration> delays;
  for (const auto& job : driver.deferred()) delays.insert(job.delay);
  EXPECT_GT(delays.size(), 5U);
}

TEST(OutboxQueueOrder, L7_a_recovery_passes_2000_bulk_jobs_and_none_of_them_starves) {
  OutboxDriver driver;
  const auto queue = driver.open();
  const auto put = [&](const std::string& id, MailPriority priority) {
    OutboxRow row;
    row.id = id;
    row.kind = "confirm";
    row.body = id;
    row.created_at = row.available_at = driver.clock().now();
    row.priority = priority;
    driver.put(row);
  };
  for (int i = 0; i < 2000; ++i) put("bulk" + std::to_string(i), MailPriority::kBulk);
  put("recovery", MailPriority::kUrgent);
  ASSERT_EQ(queue->take(1, {})->at(0).body, "recovery");
  EXPECT_TRUE(queue->take({0, 5}, {})->empty()) << "a full worker takes no bulk";
  int until_bulk = 0;
  do {
    put("more" + std::to_string(until_bulk), MailPriority::kUrgent);
    ASSERT_LT(++until_bulk, 40) << "bulk starves";
  } while (queue->take(1, {})->at(0).priority != MailPriority::kBulk);
}

}  // namespace
}  // namespace postern
