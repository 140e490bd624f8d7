// The queue contract as another program sees it: Python's pika on one end, we on the other.
#include <sys/wait.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <set>

#include "broker/broker_probe.hpp"
#include "queue/job_codec.hpp"
#include "queue_rabbit/rabbit_publisher.hpp"
#include "queue_rabbit/rabbit_queue.hpp"

namespace postern {
namespace {

constexpr const char* kClient =
    "/usr/bin/python3 '" POSTERN_SOURCE_DIR "/tests/broker/foreign_client.py' ";

std::string run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const auto got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << output;
  return output;
}

MailJob sample_job() {
  return {.mail_id = "019aa0c4-7c1b-7def-8123-456789abcdef",
          .kind = MailKind::kRecover,
          .account_id = "019aa0c4-7c1b-7def-8123-000000000001",
          .email = "jane@example.com",
          .locale = "ru",
          .credential_version = 3,
          .requested_at = from_unix_ms(1'763'823'845'123),
          .expires_at = from_unix_ms(1'763'910'245'000),
          .return_to = ""};
}

class ForeignClient : public ::testing::Test {
 protected:
  ForeignClient() { BrokerProbe().delete_topology(); }
  Logger log_{LogLevel::kOff, LogFormat::kText};
};

TEST_F(ForeignClient, H5_a_published_job_has_the_contracts_fields_and_no_token) {
  const auto job = sample_job();
  const OutboxRow row{.id = job.mail_id,
                      .kind = std::string(to_string(job.kind)),
                      .body = encode_mail_job(job),
                      .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                      .created_at = job.requested_at,
                      .available_at = job.requested_at};
  const auto outcome = RabbitPublisher(test_broker(), log_).publish({&row, 1});
  ASSERT_TRUE(outcome) << outcome.error().cause;

  auto message = boost::json::parse(run(kClient + std::string("get"))).as_object();
  EXPECT_EQ(message.at("delivery_mode"), 2);
  EXPECT_EQ(message.at("content_type"), "application/json");
  EXPECT_EQ(message.at("message_id").as_string(), job.mail_id);
  EXPECT_EQ(message.at("type"), "recover");
  EXPECT_EQ(message.at("timestamp"), 1'763'823'845);
  EXPECT_EQ(message.at("app_id"), "postern");
  EXPECT_EQ(message.at("exchange"), "postern.mail");
  EXPECT_EQ(message.at("routing_key"), "mail");
  EXPECT_EQ(message.at("headers").at("traceparent").as_string(), row.traceparent);
  EXPECT_EQ(message.at("job"), boost::json::value({{"v", 1},
                                                   {"mail_id", job.mail_id.c_str()},
                                                   {"kind", "recover"},
                                                   {"account_id", job.account_id.c_str()},
                                                   {"email", "jane@example.com"},
                                                   {"locale", "ru"},
                                                   {"credential_version", 3},
                                                   {"requested_at", "2025-11-22T15:04:05.123Z"},
                                                   {"expires_at", "2025-11-23T15:04:05.000Z"}}));
}

TEST_F(ForeignClient, a_third_party_job_is_taken_and_understood) {
  const SystemClock clock;
  RabbitQueue queue({.broker = test_broker()}, clock, log_);
  ASSERT_TRUE(queue.take(1, {}));
  run("printf '%s' '" + encode_mail_job(sample_job()) + "' | " + kClient + "put");
  const auto taken = queue.take(1, std::chrono::steady_clock::now() + std::chrono::seconds(10));
  ASSERT_TRUE(taken);
  ASSERT_EQ(taken->size(), 1U);
  EXPECT_EQ(taken->front().attempts, 0);
  const auto job = decode_mail_job(taken->front().body);
  ASSERT_TRUE(job) << job.error().cause;
  EXPECT_EQ(job->email, "jane@example.com");
  const Settled failed{.tag = taken->front().tag,
                       .outcome = DeliveryOutcome::kFailed,
                       .reason = "550 no",
                       .mail_id = job->mail_id,
                       .kind = "recover",
                       .account_id = job->account_id};
  EXPECT_TRUE(queue.settle({&failed, 1})) << "a job without any properties is as good";
}

}  // namespace
}  // namespace postern
