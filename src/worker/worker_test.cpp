#include "worker/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

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
    return DeliveryReport{DeliveryOutcome::kSent, "250 ok", false};
  };
  bool woken = false;
  int settling_fails = 0;
  std::chrono::steady_clock::time_point ready_at;
  std::string last_body;
};

class WorldQueue final : public MailQueue {
 public:
  explicit WorldQueue(World& world) : world_(world) {}

  Result<std::vector<Delivery>> take(TakeRoom room,
                                     std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(world_.mutex);
    world_.changed.wait_until(lock, deadline,
                              [&] { return world_.woken || !world_.waiting.empty(); });
    world_.woken = false;
    std::vector<Delivery> taken;
    while (!world_.waiting.empty() && taken.size() < room.any + room.urgent) {
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
    world_.woken = true;
    world_.changed.notify_all();
  }

 private:
  World& world_;
};

class WorldMailer final : public Mailer {
 public:
  explicit WorldMailer(World& world) : world_(world) {}
  void deliver(MailSource& mails) override {
    while (const auto mail = mails.next()) {
      std::function<DeliveryReport(const Mail&)> answer;
      {
        const std::lock_guard lock(world_.mutex);
        world_.sent.push_back(*mail);
        world_.changed.notify_all();
        answer = world_.answer;
      }
      mails.finished(answer(*mail));
    }
  }
  void idle() override {}
  std::chrono::steady_clock::time_point ready_at() const override {
    const std::lock_guard lock(world_.mutex);
    return world_.ready_at;
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

  std::unique_ptr<Worker> start(int senders = 1, int further = 0) {
    std::vector<std::unique_ptr<Mailer>> mailers;
    for (int i = 0; i < senders + further; ++i)
      mailers.push_back(std::make_unique<WorldMailer>(world_));
    return std::make_unique<Worker>(
        WorkerParts{builder_, clock_, log_, std::make_unique<WorldQueue>(world_),
                    std::move(mailers), static_cast<std::size_t>(senders)});
  }

  void wait_until(const std::function<bool()>& reached, const char* what) {
    std::unique_lock lock(world_.mutex);
    EXPECT_TRUE(world_.changed.wait_for(lock, seconds(10), reached)) << what;
  }

  Settled run_one(const std::string& body) {
    {
      const std::lock_guard lock(world_.mutex);
      world_.waiting.push_back({7, body, 0});
      world_.last_body = body;
    }
    const auto worker = start();
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
  MessageBuilder builder_{"http://localhost:5001", std::chrono::minutes(60), signer_, composer_};
};

TEST_F(WorkerTest, an_email_carries_a_fresh_token_that_the_app_accepts) {
  auto late = job();
  late.requested_at -= std::chrono::hours(5);
  late.return_to = "https://app.example.com/";
  EXPECT_EQ(run_one(encode_mail_job(late)).outcome, DeliveryOutcome::kSent);
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

TEST_F(WorkerTest, the_link_that_takes_an_account_back_lives_for_7_days_from_the_change) {
  auto late = job(MailKind::kEmailChanged);
  late.requested_at -= std::chrono::hours(5);
  run_one(encode_mail_job(late));
  ASSERT_EQ(world_.sent.size(), 1U);
  const auto& text = world_.sent[0].text;
  EXPECT_NE(text.find("The link works for 7 days."), std::string::npos);
  const std::string link = "http://localhost:5001/set-password?token=";
  const auto begin = text.find(link);
  ASSERT_NE(begin, std::string::npos);
  const auto token = text.substr(begin + link.size(), text.find('\n', begin) - begin - link.size());
  const auto claims = verifier_.verify(MailTokenPurpose::kTakeBackEmail, token, clock_.now());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->former_email, late.email);
  EXPECT_EQ(claims->expires_at, late.requested_at + std::chrono::hours(24 * 7));
  EXPECT_FALSE(verifier_.verify(MailTokenPurpose::kSetPassword, token, clock_.now()));
}

TEST_F(WorkerTest, an_email_to_a_confirmed_account_has_no_token) {
  run_one(encode_mail_job(job(MailKind::kAlreadyRegistered)));
  ASSERT_EQ(world_.sent.size(), 1U);
  EXPECT_EQ(world_.sent[0].text.find("token"), std::string::npos);
  for (const std::string& part : {world_.sent[0].text, world_.sent[0].html}) {
    for (const char* link :
         {"http://localhost:5001/login", "http://localhost:5001/recover-password"}) {
      EXPECT_NE(part.find(link), std::string::npos) << link;
    }
  }
}

TEST_F(WorkerTest, R6_the_three_ends_of_a_delivery) {
  struct Case {
    DeliveryReport report;
    DeliveryOutcome outcome;
    bool counts;
    RetryAfter after;
  };
  const Case cases[] = {
      {{DeliveryOutcome::kSent, "250 ok"}, DeliveryOutcome::kSent, true, RetryAfter::kBackOff},
      {{DeliveryOutcome::kDeferred, "451 busy"},
       DeliveryOutcome::kDeferred,
       true,
       RetryAfter::kBackOff},
      {{DeliveryOutcome::kDeferred, "refused", true},
       DeliveryOutcome::kDeferred,
       false,
       RetryAfter::kAtOnce},
      {{DeliveryOutcome::kDeferred, "no reply", false, true},
       DeliveryOutcome::kDeferred,
       true,
       RetryAfter::kUnknownPause},
      {{DeliveryOutcome::kFailed, "550 no such user"},
       DeliveryOutcome::kFailed,
       true,
       RetryAfter::kBackOff},
  };
  for (const auto& c : cases) {
    world_.settled.clear();
    world_.answer = [&](const Mail&) { return c.report; };
    const auto wanted = job();
    const auto settled = run_one(encode_mail_job(wanted));
    EXPECT_EQ(settled.tag, 7U);
    EXPECT_EQ(settled.outcome, c.outcome) << c.report.reason;
    EXPECT_EQ(settled.counts, c.counts) << c.report.reason;
    EXPECT_EQ(settled.retry_after, c.after) << c.report.reason;
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
    const auto settled = run_one(body);
    EXPECT_EQ(settled.outcome, DeliveryOutcome::kFailed) << body;
    EXPECT_TRUE(settled.reason.starts_with(reason)) << settled.reason;
  }
  EXPECT_TRUE(world_.sent.empty());
}

TEST_F(WorkerTest, R4_an_email_whose_settling_failed_is_settled_and_not_sent_again) {
  world_.settling_fails = 2;
  EXPECT_EQ(run_one(encode_mail_job(job())).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(world_.sent.size(), 1U);
}

TEST_F(WorkerTest, R7_an_exception_costs_one_email_a_try_and_nothing_else) {
  world_.answer = [](const Mail&) -> DeliveryReport { throw std::runtime_error("boom"); };
  const auto settled = run_one(encode_mail_job(job()));
  EXPECT_EQ(settled.outcome, DeliveryOutcome::kDeferred);
  EXPECT_TRUE(settled.counts);
}

TEST_F(WorkerTest, R7_a_tarpit_holds_up_its_own_sender_only) {
  std::atomic<bool> released = false;
  world_.answer = [&](const Mail& mail) {
    while (mail.to == "stuck@tar.example" && !released) std::this_thread::yield();
    return DeliveryReport{DeliveryOutcome::kSent, "250 ok", false};
  };
  auto stuck = job();
  stuck.email = "stuck@tar.example";
  world_.waiting.push_back({1, encode_mail_job(stuck), 0});
  for (std::uint64_t tag = 2; tag <= 40; ++tag) {
    world_.waiting.push_back({tag, encode_mail_job(job()), 0});
  }
  const auto worker = start(2);
  wait_until([&] { return world_.settled.size() == 39; }, "all but the stuck one are settled");
  EXPECT_EQ(world_.sent.size(), 40U);
  released = true;
  wait_until([&] { return world_.settled.size() == 40; }, "and then that one");
}

TEST_F(WorkerTest, R6_while_every_relay_is_held_back_nothing_is_taken_and_nothing_costs_a_try) {
  world_.ready_at = std::chrono::steady_clock::time_point::max();
  world_.waiting.push_back({1, encode_mail_job(job()), 0});
  const auto worker = start();
  {
    const std::lock_guard lock(world_.mutex);
    EXPECT_EQ(world_.waiting.size(), 1U);
    world_.ready_at = {};
  }
  wait_until([&] { return world_.settled.size() == 1; }, "it is sent when a relay is back");
  EXPECT_EQ(world_.settled[0].outcome, DeliveryOutcome::kSent);
}

TEST_F(WorkerTest, R7_while_every_usual_sender_waits_a_further_one_sends_the_others) {
  std::atomic<bool> released = false;
  world_.answer = [&](const Mail& mail) {
    while (mail.to.starts_with("stuck") && !released) std::this_thread::yield();
    return DeliveryReport{DeliveryOutcome::kSent, "250 ok"};
  };
  auto stuck = job();
  stuck.email = "stuck@slow.example";
  world_.waiting.push_back({1, encode_mail_job(stuck), 0});
  for (std::uint64_t tag = 2; tag <= 10; ++tag) {
    world_.waiting.push_back({tag, encode_mail_job(job()), 0});
  }
  const auto worker = start(1, 2);
  wait_until([&] { return world_.settled.size() == 9; }, "all but the stuck one are settled");
  released = true;
  wait_until([&] { return world_.settled.size() == 10; }, "and then that one");
}

TEST_F(WorkerTest, R6_a_job_that_no_relay_could_be_tried_for_stays_and_is_not_reported) {
  std::atomic<int> tries = 0;
  world_.answer = [&](const Mail&) {
    DeliveryReport report{DeliveryOutcome::kDeferred, "held back", true};
    report.untried = ++tries < 3;
    if (!report.untried) report = {DeliveryOutcome::kSent, "250 ok"};
    return report;
  };
  EXPECT_EQ(run_one(encode_mail_job(job())).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(world_.settled.size(), 1U);
  EXPECT_EQ(tries, 3);
}

TEST_F(WorkerTest, R4_a_job_that_comes_twice_at_once_is_sent_once) {
  std::atomic<bool> released = false;
  world_.answer = [&](const Mail&) {
    while (!released) std::this_thread::yield();
    return DeliveryReport{DeliveryOutcome::kSent, "250 ok", false};
  };
  const auto body = encode_mail_job(job());
  world_.waiting = {{1, body, 0}, {2, body, 0}};
  const auto worker = start(2);
  wait_until([&] { return world_.waiting.empty(); }, "both are in flight");
  released = true;
  wait_until([&] { return world_.settled.size() == 2; }, "one is sent, and both are settled");
  for (const auto& settled : world_.settled) EXPECT_EQ(settled.outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(world_.sent.size(), 1U);
}

TEST_F(WorkerTest, R14_a_worker_that_stops_finishes_what_it_began_and_gives_back_the_rest) {
  std::atomic<bool> released = false;
  world_.answer = [&](const Mail&) {
    while (!released) std::this_thread::yield();
    return DeliveryReport{DeliveryOutcome::kSent, "250 ok", false};
  };
  for (std::uint64_t tag = 1; tag <= 2; ++tag) {
    world_.waiting.push_back({tag, encode_mail_job(job()), 0});
  }
  auto worker = start();
  wait_until([&] { return world_.sent.size() == 1 && world_.waiting.empty(); }, "one is begun");
  std::thread stopping([&] { worker->stop(); });
  released = true;
  stopping.join();
  ASSERT_EQ(world_.settled.size(), 2U);
  for (const auto& settled : world_.settled) {
    const bool sent = settled.outcome == DeliveryOutcome::kSent;
    EXPECT_TRUE(sent || (settled.outcome == DeliveryOutcome::kDeferred && !settled.counts));
  }
}

}  // namespace
}  // namespace postern
