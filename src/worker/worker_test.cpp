#include "worker/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/ids.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using std::chrono::seconds;

/// Queue and mail server of the test, shared with the worker's threads.
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Delivery> waiting;
  std::vector<Settled> settled;
  std::vector<Mail> sent;
  std::function<DeliveryReport(const Mail&)> answer = [](const Mail&) {
    return DeliveryReport{DeliveryEnd::kDone, "250 ok", false};
  };
  bool stopping = false;
  int idles = 0;
  int settling_fails = 0;
  std::string last_body;
};

class WorldQueue final : public MailQueue {
 public:
  explicit WorldQueue(World& world) : world_(world) {}

  Result<std::vector<Delivery>> take(std::size_t max,
                                     std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(world_.mutex);
    world_.changed.wait_until(lock, deadline,
                              [&] { return world_.stopping || !world_.waiting.empty(); });
    std::vector<Delivery> taken;
    while (!world_.waiting.empty() && taken.size() < max) {
      taken.push_back(world_.waiting.front());
      world_.waiting.pop_front();
    }
    return taken;
  }

  Status settle(std::span<const Settled> settled) override {
    const std::lock_guard lock(world_.mutex);
    if (world_.settling_fails > 0) {
      --world_.settling_fails;
      for (const auto& lost : settled) world_.waiting.push_back({lost.tag, world_.last_body, 0});
      return Error{"queue_unavailable", Retry::kLater, "away"};
    }
    world_.settled.insert(world_.settled.end(), settled.begin(), settled.end());
    world_.changed.notify_all();
    return {};
  }

  void wake() override {
    const std::lock_guard lock(world_.mutex);
    world_.stopping = true;
    world_.changed.notify_all();
  }

 private:
  World& world_;
};

class WorldMailer final : public Mailer {
 public:
  explicit WorldMailer(World& world) : world_(world) {}
  DeliveryReport send(const Mail& mail) override {
    const std::lock_guard lock(world_.mutex);
    world_.sent.push_back(mail);
    return world_.answer(mail);
  }
  void idle() override {
    const std::lock_guard lock(world_.mutex);
    ++world_.idles;
  }

 private:
  World& world_;
};

class WorkerTest : public ::testing::Test {
 protected:
  MailJob job(MailKind kind = MailKind::kConfirm) {
    MailJob job;
    job.mail_id = new_id(clock_.now());
    job.kind = kind;
    job.account_id = new_id(clock_.now());
    job.email = "anna@example.com";
    job.locale = "en";
    job.credential_version = 3;
    job.requested_at = clock_.now();
    job.expires_at = clock_.now() + std::chrono::hours(1);
    return job;
  }

  Settled run_one(const std::string& body) {
    {
      const std::lock_guard lock(world_.mutex);
      world_.waiting.push_back({7, body, 0});
      world_.last_body = body;
    }
    Worker worker(
        {"http://localhost:5001", std::chrono::minutes(60), 1},
        {signer_, composer_, clock_, log_, [&] { return std::make_unique<WorldQueue>(world_); },
         [&] { return std::make_unique<WorldMailer>(world_); }});
    std::unique_lock lock(world_.mutex);
    const bool done =
        world_.changed.wait_for(lock, seconds(10), [&] { return !world_.settled.empty(); });
    EXPECT_TRUE(done) << "nothing was settled";
    return done ? world_.settled.front() : Settled{};
  }

  World world_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  Secret key_{std::string(64, 'k')};
  MailTokenSigner signer_ = MailTokenSigner::hs256(key_, "http://localhost:5001");
  MailTokenVerifier verifier_ = MailTokenVerifier::hs256(key_, "http://localhost:5001");
  Composer composer_{Product{}, {}};
};

TEST_F(WorkerTest, a_letter_carries_a_fresh_token_that_the_app_accepts) {
  auto late = job();
  late.requested_at -= std::chrono::hours(5);
  late.return_to = "https://app.example.com/";
  EXPECT_EQ(run_one(encode_mail_job(late)).settlement, Settlement::kDone);
  ASSERT_EQ(world_.sent.size(), 1U);
  const auto& text = world_.sent[0].text;
  const std::string link = "http://localhost:5001/set-password?token=";
  const auto begin = text.find(link);
  ASSERT_NE(begin, std::string::npos);
  const auto token = text.substr(begin + link.size(), text.find('\n', begin) - begin - link.size());
  const auto claims = verifier_.verify(MailTokenPurpose::kSetPassword, token, clock_.now());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->account_id, late.account_id);
  EXPECT_EQ(claims->credential_version, 3);
  EXPECT_EQ(claims->expires_at, clock_.now() + std::chrono::minutes(60));
  EXPECT_EQ(claims->return_to, late.return_to);
}

TEST_F(WorkerTest, a_letter_to_a_confirmed_account_has_no_token) {
  run_one(encode_mail_job(job(MailKind::kAlreadyRegistered)));
  ASSERT_EQ(world_.sent.size(), 1U);
  EXPECT_EQ(world_.sent[0].text.find("token"), std::string::npos);
  EXPECT_NE(world_.sent[0].text.find("http://localhost:5001/recover-password"), std::string::npos);
}

TEST_F(WorkerTest, R6_the_three_ends_of_a_delivery) {
  struct Case {
    DeliveryReport report;
    Settlement settlement;
    bool counts;
  };
  const Case cases[] = {
      {{DeliveryEnd::kDone, "250 ok", false}, Settlement::kDone, true},
      {{DeliveryEnd::kLater, "451 busy", false}, Settlement::kLater, true},
      {{DeliveryEnd::kLater, "connection refused", true}, Settlement::kLater, false},
      {{DeliveryEnd::kNever, "550 nobody", false}, Settlement::kDead, true},
  };
  for (const auto& c : cases) {
    world_.settled.clear();
    world_.stopping = false;
    world_.answer = [&](const Mail&) { return c.report; };
    const auto wanted = job();
    const auto settled = run_one(encode_mail_job(wanted));
    EXPECT_EQ(settled.tag, 7U);
    EXPECT_EQ(settled.settlement, c.settlement) << c.report.reason;
    EXPECT_EQ(settled.counts, c.counts) << c.report.reason;
    EXPECT_EQ(settled.reason, c.report.reason);
    EXPECT_EQ(settled.mail_id, wanted.mail_id);
    EXPECT_EQ(settled.kind, "confirm");
  }
}

TEST_F(WorkerTest, R8_what_cannot_be_sent_is_dead_and_never_reaches_the_mail_server) {
  auto expired = job();
  expired.expires_at = clock_.now();
  auto unknown = encode_mail_job(job());
  unknown.replace(unknown.find("\"v\":1"), 5, "\"v\":9");
  const std::pair<std::string, std::string> cases[] = {
      {"{", "bad_job"}, {encode_mail_job(expired), "expired"}, {unknown, "unknown_version"}};
  for (const auto& [body, reason] : cases) {
    world_.settled.clear();
    world_.stopping = false;
    const auto settled = run_one(body);
    EXPECT_EQ(settled.settlement, Settlement::kDead) << body;
    EXPECT_TRUE(settled.reason.starts_with(reason)) << settled.reason;
  }
  EXPECT_TRUE(world_.sent.empty());
}

TEST_F(WorkerTest, R4_a_letter_whose_settling_failed_is_settled_and_not_sent_again) {
  world_.settling_fails = 2;
  EXPECT_EQ(run_one(encode_mail_job(job())).settlement, Settlement::kDone);
  EXPECT_EQ(world_.sent.size(), 1U);
}

TEST_F(WorkerTest, R7_an_exception_costs_one_letter_a_try_and_nothing_else) {
  world_.answer = [](const Mail&) -> DeliveryReport { throw std::runtime_error("boom"); };
  const auto settled = run_one(encode_mail_job(job()));
  EXPECT_EQ(settled.settlement, Settlement::kLater);
  EXPECT_TRUE(settled.counts);
}

}  // namespace
}  // namespace postern
