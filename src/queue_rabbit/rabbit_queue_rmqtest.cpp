#include "queue_rabbit/rabbit_queue.hpp"

#include <boost/json/parse.hpp>

#include "broker/broker_probe.hpp"
#include "broker/fault_gate.hpp"
#include "contract/dead_letters_contract.hpp"
#include "contract/queue_contract.hpp"
#include "queue/job_codec.hpp"
#include "queue_rabbit/rabbit_dead_letters.hpp"

namespace postern {
namespace {

using ::testing::HasSubstr;

class RabbitDriver final : public QueueDriver {
 public:
  RabbitDriver() {
    probe_.delete_topology();
    (void)open()->take(1, {});  // declares
  }
  std::unique_ptr<MailQueue> open() override { return open_through(test_broker()); }
  std::unique_ptr<RabbitQueue> open_through(RabbitOptions options, std::uint16_t prefetch = 64) {
    return std::make_unique<RabbitQueue>(RabbitQueueOptions{std::move(options), prefetch}, clock_,
                                         log_);
  }
  void put(const OutboxRow& row) override {
    ProbeMessage message{.body = row.body,
                         .content_type = "application/json",
                         .message_id = row.id,
                         .type = row.kind,
                         .app_id = "postern",
                         .expiration = "",
                         .headers = {{"traceparent", row.traceparent}}};
    if (row.attempts > 0) message.headers["x-attempt"] = std::to_string(row.attempts);
    // take() may be waiting on another thread: a connection of its own.
    if (row.priority == MailPriority::kBulk) message.priority = 1;
    BrokerProbe().publish(topology::kMailExchange, std::string(topology::mail_key(row.priority)),
                          message);
  }
  void end_leases() override {}  // the broker gives back at once what a lost connection had
  std::vector<StoredJob> deferred() override {
    std::vector<StoredJob> all;
    for (const auto& step : retry_steps()) {
      for (const auto& message : probe_.peek(topology::retry_queue(step.name))) {
        all.push_back(to_job(message));
        const auto shortened = Duration(std::stoll("0" + message.expiration));
        EXPECT_LE(shortened, step.delay);
        EXPECT_LE(step.delay, shortened * 5 / 4) << "in the queue of another step";
      }
    }
    return all;
  }
  std::vector<StoredJob> dead() override {
    std::vector<StoredJob> all;
    for (const auto& message : probe_.peek(topology::kDeadQueue)) all.push_back(to_job(message));
    return all;
  }
  void end_delays() override {
    for (const auto& step : retry_steps()) {
      const auto queue = topology::retry_queue(step.name);
      for (auto message : probe_.take_all(queue)) {
        message.expiration = "1";
        probe_.publish("", queue, message);
      }
    }
  }
  std::unique_ptr<DeadLetters> open_dead_letters() override {
    return std::make_unique<RabbitDeadLetters>(test_broker(), clock_);
  }
  QueueCounts count() override {
    auto counts = RabbitDeadLetters(test_broker(), clock_).count();
    if (!counts) throw std::runtime_error(counts.error().cause);
    return *counts;
  }
  int delivery_limit() const override { return limits::kDeliveryLimit; }
  BrokerProbe& probe() { return probe_; }

 private:
  static StoredJob to_job(const ProbeMessage& message) {
    StoredJob job{.id = message.message_id, .body = message.body, .reason = ""};
    const auto header = [&](const char* name) {
      const auto found = message.headers.find(name);
      return found == message.headers.end() ? std::string() : found->second;
    };
    job.attempts = std::stoi("0" + header("x-attempt"));
    job.reason = header("x-reason");
    if (job.reason.empty()) job.reason = header("x-first-death-reason");
    job.delay = Duration(std::stoll("0" + message.expiration));
    return job;
  }

  BrokerProbe probe_;
  ManualClock clock_{from_unix_ms(1'763'823'845'123)};
  Logger log_{LogLevel::kOff, LogFormat::kText};
};

INSTANTIATE_TEST_SUITE_P(Rabbit, QueueContract, ::testing::Values(QueueDriverFactory([] {
                           return std::make_unique<RabbitDriver>();
                         })));
INSTANTIATE_TEST_SUITE_P(Rabbit, DeadLettersContract, ::testing::Values(QueueDriverFactory([] {
                           return std::make_unique<RabbitDriver>();
                         })));

class RabbitQueueTest : public ::testing::Test {
 protected:
  static auto soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

  static OutboxRow job(const std::string& id) {
    return {.id = id,
            .kind = "confirm",
            .body = "{\"mail_id\":\"" + id + "\"}",
            .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            .created_at = {},
            .available_at = {}};
  }
  static Settled settled(const Delivery& delivery, DeliveryOutcome outcome, std::string reason) {
    return {.tag = delivery.tag,
            .outcome = outcome,
            .reason = std::move(reason),
            .mail_id = "mail-7",
            .kind = "recover",
            .account_id = "019aa0c4-7c1b-7def-8123-0123456789ab"};
  }
  /// The first call after a connection was lost tells so; what was taken over it comes again then.
  static std::vector<Delivery> take(MailQueue& queue, std::size_t count) {
    std::vector<Delivery> all;
    bool reported = false;
    while (all.size() < count) {
      auto some = queue.take(count - all.size(), soon());
      if (!some && !std::exchange(reported, true)) continue;
      if (!some || some->empty()) {
        throw std::runtime_error("nothing came" + (some ? "" : ": " + some.error().cause));
      }
      for (auto& delivery : *some) all.push_back(std::move(delivery));
    }
    return all;
  }
  static RabbitOptions through(const FaultGate& gate) {
    auto options = test_broker();
    options.hosts = {{"127.0.0.1", gate.port()}};
    options.heartbeat = std::chrono::seconds(1);
    options.confirm_timeout = std::chrono::seconds(2);
    return options;
  }

  RabbitDriver driver_;
  BrokerProbe& probe_ = driver_.probe();
};

TEST_F(RabbitQueueTest, outcomes_are_reported_to_the_app_in_one_message) {
  const auto queue = driver_.open();
  for (const auto* id : {"a", "b", "c"}) driver_.put(job(id));
  const auto taken = take(*queue, 3);
  auto sent = settled(taken[0], DeliveryOutcome::kSent, "");
  sent.relay = "smtp.example.net";
  ASSERT_TRUE(queue->settle(
      std::vector{sent, settled(taken[1], DeliveryOutcome::kDeferred, "451 \"later\""),
                  settled(taken[2], DeliveryOutcome::kFailed, "550 no")}));
  const auto seen = probe_.take_all(topology::kOutcomeQueue);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].delivery_mode, 2);
  EXPECT_EQ(seen[0].content_type, "application/json");
  EXPECT_EQ(seen[0].app_id, "postern");
  EXPECT_EQ(seen[0].type, "mail.outcomes");
  const auto body = boost::json::parse(seen[0].body).as_object();
  EXPECT_EQ(body.at("v"), 1);
  EXPECT_EQ(body.size(), 2U);
  const auto& outcomes = body.at("outcomes").as_array();
  ASSERT_EQ(outcomes.size(), 3U);
  const std::vector<std::string> ends{"sent", "deferred", "failed"};
  const std::vector<std::string> replies{"", "451 \"later\"", "550 no"};
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& outcome = outcomes[i].as_object();
    EXPECT_EQ(outcome.at("mail_id").as_string(), "mail-7");
    EXPECT_EQ(outcome.at("account_id").as_string(), "019aa0c4-7c1b-7def-8123-0123456789ab");
    EXPECT_EQ(outcome.at("kind").as_string(), "recover");
    EXPECT_EQ(outcome.at("outcome").as_string(), ends[i]);
    EXPECT_EQ(outcome.at("at").as_string(), "2025-11-22T15:04:05.123Z");
    EXPECT_EQ(outcome.at("attempt"), 1);
    EXPECT_EQ(outcome.at("relay").as_string(), i == 0 ? "smtp.example.net" : "");
    EXPECT_EQ(outcome.at("reply").as_string(), replies[i]);
    EXPECT_EQ(outcome.contains("next_attempt_at"), ends[i] == "deferred");
    EXPECT_EQ(outcome.size(), ends[i] == "deferred" ? 9U : 8U) << "these fields and no others";
  }
}

TEST_F(RabbitQueueTest, R6_retry_and_dead_keep_the_properties_of_the_job) {
  const auto queue = driver_.open();
  driver_.put(job("a"));
  driver_.put(job("b"));
  const auto taken = take(*queue, 2);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kDeferred, "451"),
                                        settled(taken[1], DeliveryOutcome::kFailed, "550")}));
  auto kept = probe_.peek(topology::retry_queue("10s"));
  for (auto& message : probe_.peek(topology::kDeadQueue)) kept.push_back(message);
  ASSERT_EQ(kept.size(), 2U);
  for (const auto& message : kept) {
    EXPECT_EQ(message.delivery_mode, 2);
    EXPECT_EQ(message.content_type, "application/json");
    EXPECT_EQ(message.type, "confirm");
    EXPECT_EQ(message.app_id, "postern");
    EXPECT_EQ(message.headers.at("traceparent"), job("a").traceparent);
    EXPECT_EQ(message.headers.at("x-attempt"), "1");
  }
  EXPECT_EQ(kept[1].headers.at("x-reason"), "550");
}

TEST_F(RabbitQueueTest, R6_the_first_retry_comes_back_by_itself_after_ten_seconds) {
  const auto queue = driver_.open();
  driver_.put(job("a"));
  const auto begin = std::chrono::steady_clock::now();
  const auto taken = take(*queue, 1);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kDeferred, "451")}));
  const auto again = queue->take(1, begin + std::chrono::seconds(20));
  ASSERT_TRUE(again);
  ASSERT_EQ(again->size(), 1U);
  EXPECT_EQ(again->at(0).attempts, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(7900));
}

TEST_F(RabbitQueueTest, R3_a_retry_that_no_queue_takes_leaves_the_job_where_it_is) {
  const auto queue = driver_.open();
  driver_.put(job("a"));
  driver_.put(job("b"));
  const auto taken = take(*queue, 2);
  probe_.delete_queue(topology::retry_queue("10s"));
  const auto status =
      queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kDeferred, "451"),
                                settled(taken[1], DeliveryOutcome::kSent, "")});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, rabbit_error::kNotConfirmed);
  const auto again = take(*queue, 1);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].body, job("a").body) << "b was sent, and must not come again";
  EXPECT_TRUE(queue->settle(std::vector{settled(again[0], DeliveryOutcome::kDeferred, "451")}));
  EXPECT_EQ(driver_.deferred().size(), 1U) << "the retry queue was declared again";
}

TEST_F(RabbitQueueTest, R4_without_the_confirm_of_its_outcome_nothing_is_acked) {
  FaultGate gate(test_broker().hosts.front().port);
  const auto queue = driver_.open_through(through(gate));
  driver_.put(job("a"));
  const auto taken = take(*queue, 1);
  gate.mute_server(true);
  EXPECT_FALSE(queue->settle(std::vector{settled(taken.at(0), DeliveryOutcome::kSent, "")}));
  gate.mute_server(false);
  gate.cut();
  EXPECT_EQ(take(*queue, 1).at(0).body, job("a").body);
}

TEST_F(RabbitQueueTest, R11_a_lost_connection_is_opened_again_inside_take) {
  FaultGate gate(test_broker().hosts.front().port);
  const auto queue = driver_.open_through(through(gate));
  ASSERT_TRUE(queue->take(1, {}));
  gate.shut(true);
  gate.cut();
  const auto while_away =
      queue->take(1, std::chrono::steady_clock::now() + std::chrono::milliseconds(500));
  ASSERT_FALSE(while_away);
  EXPECT_EQ(while_away.error().code, rabbit_error::kUnavailable);
  driver_.put(job("a"));
  gate.shut(false);
  EXPECT_EQ(take(*queue, 1).size(), 1U);
}

TEST_F(RabbitQueueTest, R11_a_lost_connection_loses_its_deliveries_and_no_others) {
  FaultGate gate(test_broker().hosts.front().port);
  const auto queue = driver_.open_through(through(gate));
  driver_.put(job("a"));
  const auto before = take(*queue, 1);
  gate.cut();
  const auto after = take(*queue, 1);
  EXPECT_NE(before.at(0).tag, after.at(0).tag);
  EXPECT_FALSE(queue->settle(std::vector{settled(before[0], DeliveryOutcome::kSent, "")}));
  EXPECT_TRUE(queue->settle(std::vector{settled(after[0], DeliveryOutcome::kSent, "")}));
  EXPECT_TRUE(queue->take(1, {})->empty());
}

TEST_F(RabbitQueueTest, R11_a_partition_is_noticed_by_the_missing_heartbeats) {
  FaultGate gate(test_broker().hosts.front().port);
  const auto queue = driver_.open_through(through(gate));
  ASSERT_TRUE(queue->take(1, {}));
  const int connections = gate.accepted();
  gate.mute_server(true);
  std::thread healer([&] {
    while (gate.accepted() == connections) std::this_thread::yield();
    gate.mute_server(false);
    gate.cut();
  });
  driver_.put(job("a"));
  EXPECT_EQ(take(*queue, 1).size(), 1U);
  healer.join();
}

TEST_F(RabbitQueueTest, R11_the_connection_outlives_a_mail_that_takes_long) {
  FaultGate gate(test_broker().hosts.front().port);
  const auto queue = driver_.open_through(through(gate));
  driver_.put(job("slow"));
  const auto taken = take(*queue, 1);
  // The broker gives up a client of which it hears nothing for two to three seconds.
  const auto sent_at = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto other = driver_.open();
  EXPECT_TRUE(other->take(1, sent_at)->empty()) << "it was delivered to another consumer";
  EXPECT_TRUE(queue->settle(std::vector{settled(taken.at(0), DeliveryOutcome::kSent, "")}));
  EXPECT_EQ(gate.accepted(), 1);
}

TEST_F(RabbitQueueTest, R11_a_queue_that_was_deleted_is_declared_again) {
  const auto queue = driver_.open();
  ASSERT_TRUE(queue->take(1, {}));
  probe_.delete_topology();
  (void)queue->take(1, std::chrono::steady_clock::now() + std::chrono::milliseconds(500));
  driver_.put(job("a"));
  EXPECT_EQ(take(*queue, 1).size(), 1U);
}

TEST_F(RabbitQueueTest, another_queue_under_our_name_is_one_clear_error) {
  const auto queue = driver_.open();
  probe_.delete_topology();
  probe_.declare_plain_queue(topology::kMailQueue);
  const auto taken = queue->take(1, std::chrono::steady_clock::now());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, rabbit_error::kTopology);
  EXPECT_EQ(taken.error().retry, Retry::kNever);
  EXPECT_THAT(taken.error().cause, HasSubstr("postern.mail"));
  EXPECT_THAT(taken.error().cause, HasSubstr("PRECONDITION_FAILED"));
  probe_.delete_queue(topology::kMailQueue);
}

TEST_F(RabbitQueueTest, a_broker_that_is_not_there_is_an_error_at_the_deadline) {
  int port = 0;
  {
    const FaultGate gone(1);
    port = gone.port();
  }
  auto options = test_broker();
  options.hosts = {{"127.0.0.1", port}};
  const auto queue = driver_.open_through(options);
  const auto begin = std::chrono::steady_clock::now();
  const auto taken = queue->take(1, begin + std::chrono::milliseconds(700));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, rabbit_error::kUnavailable);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(700));
}

TEST_F(RabbitQueueTest, R14_wake_ends_the_wait_for_a_broker_that_is_not_there) {
  FaultGate gate(test_broker().hosts.front().port);
  gate.shut(true);
  const auto queue = driver_.open_through(through(gate));
  std::thread waker([&] { queue->wake(); });
  const auto begin = std::chrono::steady_clock::now();
  const auto taken = queue->take(1, begin + std::chrono::seconds(30));
  waker.join();
  ASSERT_TRUE(taken);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(RabbitQueueTest, H5_a_wrong_password_is_refused_and_not_shown) {
  auto options = test_broker();
  options.password = "s3cret-and-wrong";
  const auto taken = driver_.open_through(options)->take(1, std::chrono::steady_clock::now());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, rabbit_error::kRefused);
  EXPECT_THAT(taken.error().cause, ::testing::Not(HasSubstr("s3cret")));
}

TEST_F(RabbitQueueTest, one_host_of_several_is_enough) {
  FaultGate gate(test_broker().hosts.front().port);
  gate.shut(true);
  auto options = test_broker();
  options.hosts.insert(options.hosts.end(), {{"127.0.0.1", gate.port()}, {"127.0.0.1", 1}});
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(driver_.open_through(options)->take(1, {}));
  }
}

TEST_F(RabbitQueueTest, R8_a_job_that_is_too_large_goes_to_the_dead_letters_whole) {
  const auto queue = driver_.open();
  auto huge = job("huge");
  huge.body = std::string(300'000, 'x');
  driver_.put(huge);
  driver_.put(job("next"));
  EXPECT_EQ(take(*queue, 1).at(0).body, job("next").body);
  std::vector<StoredJob> dead;
  for (const auto end = soon(); dead.empty() && std::chrono::steady_clock::now() < end;) {
    dead = driver_.dead();
  }
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].body, huge.body);
  EXPECT_EQ(dead[0].reason, "rejected");
}

TEST_F(RabbitQueueTest, L7_bulk_jobs_wait_behind_all_others_and_return_to_their_own_queue) {
  const auto queue = driver_.open();
  auto bulk = job("bulk");
  bulk.priority = MailPriority::kBulk;
  for (int i = 0; i < 5; ++i) driver_.put(bulk);
  driver_.put(job("a"));
  const auto other_counts = driver_.count();
  EXPECT_EQ(other_counts.waiting, 6);
  EXPECT_EQ(other_counts.bulk, 5);
  std::vector<Delivery> taken;
  for (const auto end = soon(); taken.empty() && std::chrono::steady_clock::now() < end;) {
    taken = *queue->take({0, 3}, std::chrono::steady_clock::now() + std::chrono::seconds(1));
  }
  ASSERT_EQ(taken.size(), 1U) << "a worker that is full takes no bulk";
  EXPECT_EQ(taken[0].body, job("a").body);
  EXPECT_EQ(taken[0].priority, MailPriority::kNormal);
  taken = take(*queue, 2);
  EXPECT_EQ(taken[0].priority, MailPriority::kBulk);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kDeferred, "451"),
                                        settled(taken[1], DeliveryOutcome::kFailed, "550")}));
  const auto retry = topology::retry_queue("10s", MailPriority::kBulk);
  EXPECT_EQ(retry, "postern.mail.bulk.retry.10s");
  EXPECT_EQ(probe_.count(retry), 1U);
  for (auto message : probe_.take_all(retry)) {
    message.expiration = "1";
    probe_.publish("", retry, message);
  }
  for (const auto& delivery : take(*queue, 4)) {
    EXPECT_EQ(delivery.priority, MailPriority::kBulk) << "it came back elsewhere";
  }
  EXPECT_EQ(probe_.count(topology::kMailQueue), 0U);
  EXPECT_EQ(probe_.peek(topology::kDeadQueue).at(0).priority, 1);
}

TEST_F(RabbitQueueTest, L7_an_ack_of_one_queue_acknowledges_nothing_of_the_other) {
  auto bulk = job("bulk");
  bulk.priority = MailPriority::kBulk;
  for (int i = 0; i < 4; ++i) driver_.put(bulk);
  {
    const auto queue = driver_.open();
    const auto first = take(*queue, 1);
    for (const auto* id : {"a", "b", "c"}) driver_.put(job(id));
    std::vector<Settled> all;
    while (all.size() < 3) {
      const auto some = queue->take({0, 3}, soon());
      ASSERT_TRUE(some && !some->empty());
      for (const auto& delivery : *some) {
        all.push_back(settled(delivery, DeliveryOutcome::kSent, ""));
      }
    }
    ASSERT_TRUE(queue->settle(all));
    EXPECT_EQ(first.at(0).priority, MailPriority::kBulk);
  }
  const auto next = driver_.open();
  const auto again = take(*next, 4);
  for (const auto& delivery : again) EXPECT_EQ(delivery.body, bulk.body);
  EXPECT_TRUE(next->take(1, {})->empty());
}

TEST_F(RabbitQueueTest, L7_a_dead_letter_goes_back_to_the_queue_it_came_from) {
  const auto queue = driver_.open();
  auto bulk = job("bulk");
  bulk.priority = MailPriority::kBulk;
  driver_.put(bulk);
  driver_.put(job("a"));
  const auto taken = take(*queue, 2);
  ASSERT_TRUE(queue->settle(std::vector{settled(taken[0], DeliveryOutcome::kFailed, "550"),
                                        settled(taken[1], DeliveryOutcome::kFailed, "550")}));
  const auto all = [](const DeadLetter&) { return true; };
  ASSERT_TRUE(driver_.open_dead_letters()->replay(all));
  std::multiset<MailPriority> back;
  for (const auto& delivery : take(*queue, 2)) back.insert(delivery.priority);
  EXPECT_THAT(back, ::testing::ElementsAre(MailPriority::kNormal, MailPriority::kBulk));
}

TEST_F(RabbitQueueTest, prefetch_bounds_what_is_in_our_hands) {
  const auto one = driver_.open_through(test_broker(), 2);
  const auto other = driver_.open_through(test_broker(), 2);
  ASSERT_TRUE(one->take(1, {}));
  for (const auto* id : {"a", "b", "c"}) driver_.put(job(id));
  EXPECT_EQ(take(*one, 2).size(), 2U);
  EXPECT_EQ(take(*other, 1).size(), 1U);
}

}  // namespace
}  // namespace postern
