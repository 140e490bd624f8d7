// What the queue contract needs of a kind of queue, and what its tests share.
//
// Thread contract: a driver belongs to the test's thread; put() alone may be called from another.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/outbox_row.hpp"
#include "queue/dead_letters.hpp"
#include "queue/mail_queue.hpp"
#include "queue/queue_counts.hpp"

namespace postern {

/// A job that waits somewhere, as an operator would find it.
struct StoredJob {
  std::string id;
  std::string body;
  int attempts = 0;
  std::string reason;
  /// Of a deferred job: how long it waits.
  Duration delay{};
};

class QueueDriver {
 public:
  virtual ~QueueDriver() = default;

  /// One more worker on the same queue.
  virtual std::unique_ptr<MailQueue> open() = 0;
  /// What the app does: a job with `row.attempts` earlier tries.
  virtual void put(const OutboxRow& row) = 0;
  /// Called after a worker went away: what it had taken comes again now.
  virtual void end_leases() = 0;
  /// What waits for its next try, and what was given up. Nothing is taken away.
  virtual std::vector<StoredJob> deferred() = 0;
  virtual std::vector<StoredJob> dead() = 0;
  /// All that is deferred is due now.
  virtual void end_delays() = 0;
  /// The operator's hand in the same queue.
  virtual std::unique_ptr<DeadLetters> open_dead_letters() = 0;
  /// How full it is.
  virtual QueueCounts count() = 0;
  /// How often a job may be taken and not settled.
  virtual int delivery_limit() const = 0;
  /// The worst body that can be put there.
  virtual std::string unreadable_body() const { return "\x01 not { json \xff"; }
};

using QueueDriverFactory = std::function<std::unique_ptr<QueueDriver>()>;

class QueueContract : public ::testing::TestWithParam<QueueDriverFactory> {
 protected:
  static constexpr auto kPatience = std::chrono::seconds(10);
  static constexpr auto kGlance = std::chrono::milliseconds(150);

  static auto until(std::chrono::milliseconds wait) {
    return std::chrono::steady_clock::now() + wait;
  }

  static OutboxRow job(const std::string& id, int attempts = 0) {
    // Before the time of every driver's clock.
    const TimePoint now = from_unix_ms(1'763'823'000'000);
    return {.id = id,
            .kind = "confirm",
            .body = R"({"v":1,"mail_id":")" + id + "\"}",
            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            .created_at = now,
            .available_at = now,
            .attempts = attempts};
  }

  void put(int count) {
    for (int i = 0; i < count; ++i) driver_->put(job("mail-" + std::to_string(i)));
  }

  /// Takes until there are `count`, or patience is at its end.
  static std::vector<Delivery> take(MailQueue& queue, std::size_t count) {
    std::vector<Delivery> all;
    const auto deadline = until(kPatience);
    while (all.size() < count && std::chrono::steady_clock::now() < deadline) {
      auto some = queue.take(count - all.size(), deadline);
      if (!some) {
        ADD_FAILURE() << some.error().code << ": " << some.error().cause;
        break;
      }
      for (auto& delivery : *some) all.push_back(std::move(delivery));
    }
    if (all.size() != count) {
      // Ends the test: what follows would look at deliveries that are not there.
      throw std::runtime_error(std::to_string(all.size()) + " came of " + std::to_string(count));
    }
    return all;
  }

  static void expect_nothing(MailQueue& queue) {
    const auto rest = queue.take(32, until(kGlance));
    ASSERT_TRUE(rest);
    EXPECT_TRUE(rest->empty()) << rest->front().body;
  }

  static Settled settled(const Delivery& delivery, DeliveryOutcome outcome,
                         std::string reason = "") {
    return {.tag = delivery.tag,
            .outcome = outcome,
            .reason = std::move(reason),
            .mail_id = "mail-0",
            .kind = "confirm",
            .account_id = "019aa0c4-7c1b-7def-8123-0123456789ab"};
  }

  static void settle(MailQueue& queue, const std::vector<Settled>& outcomes) {
    const auto status = queue.settle(outcomes);
    EXPECT_TRUE(status) << status.error().code << ": " << status.error().cause;
  }

  /// Dead letters may take a moment to arrive.
  std::vector<StoredJob> wait_for_dead(std::size_t count) {
    const auto deadline = until(kPatience);
    auto dead = driver_->dead();
    while (dead.size() < count && std::chrono::steady_clock::now() < deadline) {
      dead = driver_->dead();
    }
    EXPECT_EQ(dead.size(), count);
    return dead;
  }

  static std::multiset<std::string> bodies(const std::vector<Delivery>& deliveries) {
    std::multiset<std::string> all;
    for (const auto& delivery : deliveries) all.insert(delivery.body);
    return all;
  }

  std::unique_ptr<QueueDriver> driver_ = GetParam()();
};

}  // namespace postern
