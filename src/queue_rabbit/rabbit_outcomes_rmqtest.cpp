#include "queue_rabbit/rabbit_outcomes.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "broker/broker_probe.hpp"
#include "queue_rabbit/rabbit_queue.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

class RabbitOutcomesTest : public ::testing::Test {
 protected:
  RabbitOutcomesTest() { probe_.delete_topology(); }

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
  static Settled settled(const Delivery& delivery, DeliveryOutcome outcome,
                         const std::string& reason) {
    return {.tag = delivery.tag,
            .outcome = outcome,
            .reason = reason,
            .mail_id = "mail-" + std::to_string(delivery.tag),
            .kind = "confirm",
            .account_id = "019aa0c4-7c1b-7def-8123-0123456789ab"};
  }
  std::vector<MailStatus> take_outcomes() {
    auto taken = outcomes_.take(10, SteadyClock::now() + std::chrono::seconds(10));
    if (!taken) throw std::runtime_error(taken.error().cause);
    return *std::move(taken);
  }
  std::vector<MailStatus> read_outcomes() {
    const auto taken = take_outcomes();
    if (const auto status = outcomes_.settle(taken); !status) {
      throw std::runtime_error(status.error().cause);
    }
    return taken;
  }

  BrokerProbe probe_;
  SystemClock clock_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  RabbitOutcomes outcomes_{test_broker(), clock_, log_};
};

TEST_F(RabbitOutcomesTest, what_was_settled_together_comes_as_one_message_and_only_once) {
  const auto queue = open_queue();
  (void)queue->take(1, {});  // declares
  for (const auto* id : {"a", "b", "c"}) put_job(id);
  const auto taken = take(*queue, 3);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kSent, ""),
                                        settled(taken[1], DeliveryOutcome::kSent, ""),
                                        settled(taken[2], DeliveryOutcome::kFailed, "550 no")}));
  EXPECT_EQ(probe_.count(topology::kOutcomeQueue), 1U);
  const auto read = read_outcomes();
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(read[0].mail_id, "mail-1");
  EXPECT_EQ(read[2].outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(read[2].reply, "550 no");
}

TEST_F(RabbitOutcomesTest, the_outcomes_of_a_third_party_worker_are_published_as_events) {
  ASSERT_TRUE(outcomes_.take(1, SteadyClock::now()));  // declares
  const auto events = probe_.listen_to_events();
  const auto body = [](const std::string& outcome, const std::string& more) {
    return R"({"v":1,"outcomes":[{"mail_id":"mail-1","kind":"confirm","outcome":")" + outcome +
           R"(","account_id":"019aa0c4-7c1b-7def-8123-0123456789ab",)"
           R"("at":"2026-11-22T10:00:00Z")" +
           more + "}]}";
  };
  probe_.publish("", topology::kOutcomeQueue, message("a", "no outcome"));
  probe_.publish("", topology::kOutcomeQueue,
                 message("b", body("deferred", R"(,"attempt":2,"relay":"mx.example.com",)"
                                               R"("reply":"451 later","next_attempt_at":)"
                                               R"("2026-11-22T10:01:00Z")")));
  const auto read = read_outcomes();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].mail_id, "mail-1");
  const auto seen = probe_.take_all(events);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, "mail.deferred");
  const auto event = boost::json::parse(seen[0].body).as_object();
  EXPECT_EQ(event.at("id").as_string(), seen[0].message_id);
  EXPECT_EQ(event.at("at").as_string(), "2026-11-22T10:00:00.000Z");
  EXPECT_EQ(event.at("attempt"), 2);
  EXPECT_EQ(event.at("relay").as_string(), "mx.example.com");
  EXPECT_EQ(event.at("reply").as_string(), "451 later");
  EXPECT_EQ(event.at("next_attempt_at").as_string(), "2026-11-22T10:01:00.000Z");
  EXPECT_EQ(probe_.count(topology::kOutcomeQueue), 0U) << "what is no outcome is gone too";
}

TEST_F(RabbitOutcomesTest, R4_what_was_not_settled_comes_again) {
  {
    RabbitOutcomes first(test_broker(), clock_, log_);
    const auto queue = open_queue();
    (void)queue->take(1, {});
    put_job("a");
    ASSERT_TRUE(
        queue->settle(std::vector{settled(take(*queue, 1)[0], DeliveryOutcome::kSent, "")}));
    const auto taken = first.take(10, SteadyClock::now() + std::chrono::seconds(10));
    ASSERT_TRUE(taken);
    ASSERT_EQ(taken->size(), 1U);
  }
  EXPECT_EQ(read_outcomes().size(), 1U);
}

TEST_F(RabbitOutcomesTest, R4_without_the_confirm_of_its_event_no_outcome_is_acked) {
  ASSERT_TRUE(outcomes_.take(1, SteadyClock::now()));  // declares
  const auto queue = open_queue();
  (void)queue->take(1, {});
  put_job("a");
  ASSERT_TRUE(queue->settle(std::vector{settled(take(*queue, 1)[0], DeliveryOutcome::kSent, "")}));
  const auto taken = take_outcomes();
  ASSERT_EQ(taken.size(), 1U);
  probe_.delete_exchange(topology::kEventExchange);
  EXPECT_FALSE(outcomes_.settle(taken));
  EXPECT_EQ(read_outcomes().size(), 1U) << "it comes again, and the exchange is declared anew";
}

TEST_F(RabbitOutcomesTest, R3_nothing_is_acked_when_the_app_s_queue_is_gone) {
  const auto queue = open_queue();
  (void)queue->take(1, {});
  put_job("a");
  const auto taken = take(*queue, 1);
  probe_.delete_queue(topology::kOutcomeQueue);
  EXPECT_FALSE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kSent, "")}));
  EXPECT_FALSE(queue->take(1, SteadyClock::now() + std::chrono::seconds(10)))
      << "says once that what was taken comes again";
  const auto again = take(*queue, 1);
  ASSERT_TRUE(queue->settle(std::vector{settled(again[0], DeliveryOutcome::kSent, "")}));
  EXPECT_EQ(read_outcomes().size(), 1U);
}

}  // namespace
}  // namespace postern
