#include "queue_rabbit/rabbit_publisher.hpp"

#include "broker/broker_probe.hpp"
#include "broker/fault_gate.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RabbitPublisherTest : public ::testing::Test {
 protected:
  RabbitPublisherTest() { probe_.delete_topology(); }

  static OutboxRow row(const std::string& id) {
    return {.id = id,
            .kind = "confirm",
            .body = "{\"mail_id\":\"" + id + "\"}",
            .traceparent = "",
            .created_at = from_unix_ms(1'763'823'845'123),
            .available_at = {}};
  }
  static std::vector<OutboxRow> rows(int count) {
    std::vector<OutboxRow> all;
    for (int i = 0; i < count; ++i) all.push_back(row("mail-" + std::to_string(i)));
    return all;
  }
  static RabbitOptions through(const FaultGate& gate) {
    auto options = test_broker();
    options.hosts = {{"127.0.0.1", gate.port()}};
    options.confirm_timeout = std::chrono::seconds(1);
    return options;
  }
  static void expect_all(const Result<std::vector<bool>>& outcome, std::size_t count) {
    ASSERT_TRUE(outcome) << outcome.error().cause;
    EXPECT_EQ(outcome->size(), count);
    EXPECT_THAT(*outcome, Each(true));
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  BrokerProbe probe_;
};

TEST_F(RabbitPublisherTest, a_job_has_the_properties_of_the_contract) {
  RabbitPublisher publisher(test_broker(), log_);
  auto traced = row("mail-1");
  traced.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  expect_all(publisher.publish(std::vector{traced, row("mail-2")}), 2);
  const auto messages = probe_.take_all(topology::kMailQueue);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].body, traced.body);
  EXPECT_EQ(messages[0].message_id, "mail-1");
  EXPECT_EQ(messages[0].type, "confirm");
  EXPECT_EQ(messages[0].app_id, "postern");
  EXPECT_EQ(messages[0].content_type, "application/json");
  EXPECT_EQ(messages[0].timestamp_s, 1'763'823'845U);
  EXPECT_EQ(messages[0].delivery_mode, 2);
  EXPECT_EQ(messages[0].expiration, "");
  EXPECT_EQ(messages[0].headers.at("traceparent"), traced.traceparent);
  EXPECT_EQ(messages[1].headers.count("traceparent"), 0U);
}

TEST_F(RabbitPublisherTest, a_window_of_many_is_confirmed_whole) {
  RabbitPublisher publisher(test_broker(), log_);
  const auto all = rows(2000);
  expect_all(publisher.publish(all), all.size());
  expect_all(publisher.publish(all), all.size());
  EXPECT_EQ(probe_.count(topology::kMailQueue), 2 * all.size());
}

TEST_F(RabbitPublisherTest, rows_keep_their_order) {
  RabbitPublisher publisher(test_broker(), log_);
  const auto all = rows(20);
  expect_all(publisher.publish(all), all.size());
  const auto messages = probe_.take_all(topology::kMailQueue);
  ASSERT_EQ(messages.size(), all.size());
  for (std::size_t i = 0; i < messages.size(); ++i) EXPECT_EQ(messages[i].message_id, all[i].id);
}

TEST_F(RabbitPublisherTest, an_empty_window_is_done_at_once) {
  RabbitPublisher publisher(test_broker(), log_);
  expect_all(publisher.publish({}), 0);
}

TEST_F(RabbitPublisherTest, connect_declares_and_may_be_called_again) {
  RabbitPublisher publisher(test_broker(), log_);
  ASSERT_TRUE(publisher.connect());
  ASSERT_TRUE(publisher.connect());
  EXPECT_TRUE(probe_.peek(topology::kMailQueue).empty());
  EXPECT_TRUE(probe_.peek(topology::kDeadQueue).empty());
}

TEST_F(RabbitPublisherTest, R3_without_the_binding_nothing_is_confirmed_and_the_next_window_heals) {
  RabbitPublisher publisher(test_broker(), log_);
  ASSERT_TRUE(publisher.connect());
  probe_.unbind_mail_queue();
  const auto outcome = publisher.publish(rows(3));
  ASSERT_TRUE(outcome) << outcome.error().cause;
  EXPECT_THAT(*outcome, ElementsAre(false, false, false));
  expect_all(publisher.publish(rows(3)), 3);
  EXPECT_EQ(probe_.take_all(topology::kMailQueue).size(), 3U);
}

TEST_F(RabbitPublisherTest, R3_R9_a_full_queue_nacks_and_those_rows_are_not_confirmed) {
  RabbitPublisher publisher(test_broker(), log_);
  ASSERT_TRUE(publisher.connect());
  probe_.declare_small_queue("postern.test.full", 1);
  probe_.bind("postern.test.full", topology::kMailExchange, topology::kMailKey);
  const auto first = publisher.publish(rows(1));
  const auto second = publisher.publish(rows(2));
  probe_.delete_queue("postern.test.full");
  expect_all(first, 1);
  ASSERT_TRUE(second) << second.error().cause;
  EXPECT_THAT(*second, Each(false));
  expect_all(publisher.publish(rows(2)), 2);
}

TEST_F(RabbitPublisherTest, R3_a_dropped_confirm_is_an_error_and_nothing_is_known_of_any_row) {
  FaultGate gate(test_broker().hosts.front().port);
  RabbitPublisher publisher(through(gate), log_);
  ASSERT_TRUE(publisher.connect());
  gate.mute_server(true);
  const auto outcome = publisher.publish(rows(2));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, rabbit_error::kUnavailable);
  EXPECT_EQ(outcome.error().retry, Retry::kLater);
  gate.mute_server(false);
  expect_all(publisher.publish(rows(2)), 2);
  EXPECT_EQ(gate.accepted(), 2) << "a connection of which nothing is known is not used again";
}

TEST_F(RabbitPublisherTest, R11_a_connection_that_broke_while_idle_is_replaced_unnoticed) {
  FaultGate gate(test_broker().hosts.front().port);
  RabbitPublisher publisher(through(gate), log_);
  expect_all(publisher.publish(rows(1)), 1);
  gate.cut();
  expect_all(publisher.publish(rows(1)), 1);
  EXPECT_EQ(gate.accepted(), 2);
}

TEST_F(RabbitPublisherTest, R11_what_was_deleted_is_declared_again) {
  RabbitPublisher publisher(test_broker(), log_);
  expect_all(publisher.publish(rows(1)), 1);
  probe_.delete_topology();
  const auto lost = publisher.publish(rows(1));
  EXPECT_FALSE(lost) << "the exchange is gone";
  expect_all(publisher.publish(rows(1)), 1);
}

TEST_F(RabbitPublisherTest, R10_a_broker_that_stops_reading_is_given_up_in_time) {
  FaultGate gate(test_broker().hosts.front().port);
  RabbitPublisher publisher(through(gate), log_);
  ASSERT_TRUE(publisher.connect());
  auto heavy = rows(2000);
  for (auto& job : heavy) job.body.append(10'000, ' ');
  gate.stall(true);
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = publisher.publish(heavy);
  gate.stall(false);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, rabbit_error::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(RabbitPublisherTest, R10_a_broker_that_is_not_there_is_an_error_at_once) {
  FaultGate gate(test_broker().hosts.front().port);
  gate.shut(true);
  RabbitPublisher publisher(through(gate), log_);
  const auto outcome = publisher.publish(rows(1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, rabbit_error::kUnavailable);
  gate.shut(false);
  expect_all(publisher.publish(rows(1)), 1);
}

TEST_F(RabbitPublisherTest, R11_an_idle_connection_stays) {
  FaultGate gate(test_broker().hosts.front().port);
  auto options = through(gate);
  options.heartbeat = std::chrono::seconds(1);
  RabbitPublisher publisher(options, log_);
  expect_all(publisher.publish(rows(1)), 1);
  // Longer than the broker waits for a heartbeat; the probe waits for a queue that stays empty.
  const auto idle_until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < idle_until) {
    ASSERT_TRUE(probe_.peek(topology::kDeadQueue).empty());
  }
  expect_all(publisher.publish(rows(1)), 1);
  EXPECT_EQ(gate.accepted(), 1);
}

TEST_F(RabbitPublisherTest, L7_bulk_jobs_go_to_a_queue_of_their_own_and_urgent_ones_say_so) {
  auto all = rows(3);
  all[0].priority = MailPriority::kUrgent;
  all[2].priority = MailPriority::kBulk;
  RabbitPublisher publisher(test_broker(), log_);
  expect_all(publisher.publish(all), 3);
  const auto mail = probe_.take_all(topology::kMailQueue);
  ASSERT_EQ(mail.size(), 2U);
  EXPECT_GT(mail[0].priority, 4) << "what RabbitMQ 4 takes for high";
  EXPECT_EQ(mail[1].priority, -1);
  EXPECT_EQ(probe_.take_all(topology::kBulkQueue).size(), 1U);
}

TEST_F(RabbitPublisherTest, another_queue_under_our_name_is_one_clear_error) {
  probe_.declare_plain_queue(topology::kDeadQueue);
  RabbitPublisher publisher(test_broker(), log_);
  const auto status = publisher.connect();
  probe_.delete_queue(topology::kDeadQueue);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, rabbit_error::kTopology);
  EXPECT_THAT(status.error().cause, HasSubstr("declare queue postern.mail.dead"));
  EXPECT_THAT(status.error().cause, HasSubstr("differs in x-"));
  EXPECT_EQ(status.error().cause.find('\n'), std::string::npos);
  EXPECT_TRUE(publisher.connect());
}

TEST_F(RabbitPublisherTest, H5_a_wrong_vhost_or_password_is_reported_without_the_password) {
  auto options = test_broker();
  options.vhost = "no-such-vhost";
  const auto no_vhost = RabbitPublisher(options, log_).connect();
  ASSERT_FALSE(no_vhost);
  EXPECT_EQ(no_vhost.error().code, rabbit_error::kRefused);
  EXPECT_THAT(no_vhost.error().cause, HasSubstr("add_vhost"));
  options = test_broker();
  options.password = "s3cret-and-wrong";
  const auto refused = RabbitPublisher(options, log_).connect();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, rabbit_error::kRefused);
  EXPECT_THAT(refused.error().cause, Not(HasSubstr("s3cret")));
  EXPECT_THAT(refused.error().cause, HasSubstr("check user and password"));
}

}  // namespace
}  // namespace postern
