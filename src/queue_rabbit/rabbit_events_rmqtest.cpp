#include "queue_rabbit/rabbit_events.hpp"

#include <gtest/gtest.h>

#include "broker/broker_probe.hpp"
#include "queue_rabbit/rabbit_queue.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

class RabbitEventsTest : public ::testing::Test {
 protected:
  RabbitEventsTest() { probe_.delete_topology(); }

  std::unique_ptr<RabbitQueue> open_queue() {
    return std::make_unique<RabbitQueue>(RabbitQueueOptions{test_broker(), 64}, clock_, log_);
  }
  void put_job(const std::string& id) {
    BrokerProbe().publish(topology::kMailExchange, topology::kMailKey, message(id, "{}"));
  }
  static ProbeMessage message(const std::string& id, const std::string& body) {
    ProbeMessage message;
    message.message_id = id;
    message.body = body;
    message.content_type = "application/json";
    return message;
  }
  std::vector<Delivery> take(RabbitQueue& queue, std::size_t count) {
    std::vector<Delivery> all;
    while (all.size() < count) {
      auto some = queue.take(count, SteadyClock::now() + std::chrono::seconds(10));
      if (!some || some->empty()) throw std::runtime_error("nothing came");
      for (auto& delivery : *some) all.push_back(std::move(delivery));
    }
    return all;
  }
  static Settled settled(const Delivery& delivery, Settlement settlement,
                         const std::string& reason) {
    return {.tag = delivery.tag,
            .settlement = settlement,
            .reason = reason,
            .mail_id = "mail-" + std::to_string(delivery.tag),
            .kind = "confirm",
            .account_id = "019aa0c4-7c1b-7def-8123-0123456789ab"};
  }
  std::vector<MailStatus> read_events() {
    auto read = events_.take(10, SteadyClock::now() + std::chrono::seconds(10));
    if (!read) throw std::runtime_error(read.error().detail);
    if (const auto status = events_.settle(); !status) {
      throw std::runtime_error(status.error().detail);
    }
    return *std::move(read);
  }

  BrokerProbe probe_;
  SystemClock clock_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  RabbitEvents events_{test_broker(), log_};
};

TEST_F(RabbitEventsTest, what_was_settled_together_comes_as_one_message_and_only_once) {
  const auto queue = open_queue();
  (void)queue->take(1, {});  // declares
  for (const auto* id : {"a", "b", "c"}) put_job(id);
  const auto taken = take(*queue, 3);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], Settlement::kDone, ""),
                                        settled(taken[1], Settlement::kDone, ""),
                                        settled(taken[2], Settlement::kDead, "550 no")}));
  EXPECT_EQ(probe_.count(topology::kDeliveryQueue), 1U);
  const auto read = read_events();
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].state, MailState::kSent);
  EXPECT_EQ(read[0].mail_id, "mail-1");
  EXPECT_EQ(read[2].state, MailState::kFailed);
  EXPECT_EQ(read[2].reason, "550 no");
}

TEST_F(RabbitEventsTest, the_events_of_a_foreign_worker_are_heard_too) {
  ASSERT_TRUE(events_.take(1, SteadyClock::now()));
  // As an app of an older version did; the next one that declares takes it away.
  probe_.bind(topology::kDeliveryQueue, topology::kEventExchange, topology::kMailEventKeys);
  (void)open_queue()->take(1, {});
  probe_.publish(
      topology::kEventExchange, "mail.failed",
      message("e", R"({"v":1,"id":"e","type":"mail.failed","at":"2026-11-22T10:00:00Z",)"
                   R"("account_id":"019aa0c4-7c1b-7def-8123-0123456789ab","mail_id":"mail-1",)"
                   R"("kind":"confirm","reason":"550 no"})"));
  const auto read = read_events();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].mail_id, "mail-1");
  EXPECT_EQ(read[0].state, MailState::kFailed);
}

TEST_F(RabbitEventsTest, R3_nothing_is_acked_when_the_app_s_queue_is_gone) {
  const auto queue = open_queue();
  (void)queue->take(1, {});
  put_job("a");
  const auto taken = take(*queue, 1);
  probe_.delete_queue(topology::kDeliveryQueue);
  EXPECT_FALSE(queue->settle(std::vector{settled(taken[0], Settlement::kDone, "")}));
  EXPECT_FALSE(queue->take(1, SteadyClock::now() + std::chrono::seconds(10)))
      << "says once that what was taken comes again";
  const auto again = take(*queue, 1);
  ASSERT_TRUE(queue->settle(std::vector{settled(again[0], Settlement::kDone, "")}));
  EXPECT_EQ(read_events().size(), 1U);
}

}  // namespace
}  // namespace postern
