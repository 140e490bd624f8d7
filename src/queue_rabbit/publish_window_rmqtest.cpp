#include "queue_rabbit/publish_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/broker_probe.hpp"
#include "queue_rabbit/rabbit_publisher.hpp"

namespace postern {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr const char* kRegistered = "account.registered";
constexpr const char* kConfirmed = "account.confirmed";
constexpr const char* kListeners = "postern.test.listeners";

class PublishWindowTest : public ::testing::Test {
 protected:
  PublishWindowTest() {
    probe_.delete_topology();
    probe_.delete_queue(kListeners);
  }
  ~PublishWindowTest() override { probe_.delete_queue(kListeners); }

  static OutboxRow row(int number, const std::string& type) {
    OutboxRow row;
    row.id = type + std::to_string(number);
    row.event = "{\"id\":\"" + row.id + "\"}";
    row.event_type = type;
    return row;
  }
  static std::vector<OutboxRow> rows(int count, const std::string& type = kRegistered) {
    std::vector<OutboxRow> all;
    for (int i = 0; i < count; ++i) all.push_back(row(i, type));
    return all;
  }
  void publish(const std::vector<OutboxRow>& rows) {
    const auto outcome = publisher_.publish(rows);
    ASSERT_TRUE(outcome) << outcome.error().cause;
    EXPECT_EQ(outcome->size(), rows.size());
    EXPECT_THAT(*outcome, Each(true));
  }
  void expect_heard(const std::string& queue, const std::vector<OutboxRow>& rows) {
    const auto heard = probe_.take_all(queue);
    ASSERT_EQ(heard.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(heard[i].message_id, rows[i].id);
      EXPECT_EQ(heard[i].type, rows[i].event_type);
      EXPECT_EQ(heard[i].body, rows[i].event);
    }
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  BrokerProbe probe_;
  RabbitPublisher publisher_{test_broker(), log_};
};

TEST_F(PublishWindowTest, an_event_that_no_server_listens_to_keeps_no_row) {
  publish(rows(20));
  publish(rows(20));
}

TEST_F(PublishWindowTest, who_begins_to_listen_hears_all_that_is_published_from_then_on) {
  publish(rows(20));
  publish(rows(3));
  const auto queue = probe_.listen_to_events();
  publish(rows(20));
  expect_heard(queue, rows(20));
  publish(rows(5));
  expect_heard(queue, rows(5));
}

TEST_F(PublishWindowTest, who_listens_again_hears_again) {
  probe_.declare_small_queue(kListeners, 1000);
  ASSERT_TRUE(publisher_.connect());
  probe_.bind(kListeners, topology::kEventExchange, "#");
  publish(rows(3));
  probe_.delete_queue(kListeners);
  publish(rows(3));
  publish(rows(3));
  const auto queue = probe_.listen_to_events();
  publish(rows(4));
  expect_heard(queue, rows(4));
}

TEST_F(PublishWindowTest, each_type_of_event_has_its_own_listeners) {
  publish(rows(2));
  publish(rows(2, kConfirmed));
  probe_.declare_small_queue(kListeners, 1000);
  probe_.bind(kListeners, topology::kEventExchange, kConfirmed);
  publish({row(1, kRegistered), row(1, kConfirmed), row(2, kRegistered), row(2, kConfirmed),
           row(3, kConfirmed), row(3, kRegistered)});
  expect_heard(kListeners, {row(1, kConfirmed), row(2, kConfirmed), row(3, kConfirmed)});
}

TEST_F(PublishWindowTest, R3_a_listener_that_takes_no_more_keeps_the_row) {
  ASSERT_TRUE(publisher_.connect());
  probe_.declare_small_queue(kListeners, 1);
  probe_.bind(kListeners, topology::kEventExchange, "#");
  publish(rows(1));
  const auto outcome = publisher_.publish(rows(3));
  ASSERT_TRUE(outcome) << outcome.error().cause;
  EXPECT_THAT(*outcome, Each(false));
}

TEST_F(PublishWindowTest, R3_what_waited_for_a_listener_is_confirmed_too) {
  publish(rows(2));
  probe_.declare_small_queue(kListeners, 1);
  probe_.bind(kListeners, topology::kEventExchange, "#");
  const auto first = publisher_.publish(rows(1));
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_THAT(*first, ElementsAre(true));
  // No queue is bound any more, and then one that takes one event: the first of three.
  probe_.delete_queue(kListeners);
  publish(rows(1));
  probe_.declare_small_queue(kListeners, 1);
  probe_.bind(kListeners, topology::kEventExchange, "#");
  const auto second = publisher_.publish(rows(3));
  ASSERT_TRUE(second) << second.error().cause;
  EXPECT_TRUE(second->front());
  EXPECT_FALSE(second->back());
}

}  // namespace
}  // namespace postern
