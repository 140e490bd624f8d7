#include "mail_smtp/relay_pool.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace postern {
namespace {

using namespace std::chrono_literals;
using Time = RelayPool::Time;

class RelayPoolTest : public testing::Test {
 protected:
  static std::vector<SmtpOptions> relays(int count) {
    std::vector<SmtpOptions> made(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      made[static_cast<std::size_t>(i)].host = "relay" + std::to_string(i);
      made[static_cast<std::size_t>(i)].user = "user";
      made[static_cast<std::size_t>(i)].password = Secret(std::string("geheim"));
    }
    return made;
  }

  static void fail(RelayPool& pool, Time now) {
    std::optional<RelayTurn> turn = pool.pick(now);
    ASSERT_TRUE(turn);
    turn->failed({RelayFault::kLogin, "AUTH: 535 5.7.8", {}}, now);
  }

  Logger silent_{LogLevel::kOff, LogFormat::kText};
  const Time begin_ = Time(1000h);
};

TEST_F(RelayPoolTest, the_first_relay_is_used_until_it_is_at_fault) {
  RelayPool pool(relays(2), silent_);
  for (int i = 0; i < 3; ++i) {
    std::optional<RelayTurn> turn = pool.pick(begin_);
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->relay(), 0u);
    EXPECT_FALSE(turn->is_trial());
    turn->worked();
  }
  fail(pool, begin_);
  const std::optional<RelayTurn> turn = pool.pick(begin_);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->relay(), 1u);
  EXPECT_LE(pool.ready_at(begin_), begin_);
}

TEST_F(RelayPoolTest, S9_held_back_for_twice_as_long_after_each_refused_login_up_to_15_min) {
  RelayPool pool(relays(1), silent_);
  Time now = begin_;
  std::chrono::milliseconds usual = limits::kSmtpHoldMin;
  for (int i = 0; i < 14; ++i) {
    EXPECT_LE(pool.ready_at(now), now);
    fail(pool, now);
    const Time ready = pool.ready_at(now);
    EXPECT_GE(ready - now, usual * 90 / 100);
    EXPECT_LE(ready - now, usual * 110 / 100);
    EXPECT_FALSE(pool.pick(ready - 1ms));
    now = ready;
    usual = std::min<std::chrono::milliseconds>(usual * 2, limits::kSmtpAccountHoldMax);
  }
  EXPECT_EQ(usual, limits::kSmtpAccountHoldMax);
  // And after it has worked, from the beginning.
  pool.pick(now)->sent();
  fail(pool, now);
  EXPECT_LE(pool.ready_at(now) - now, std::chrono::milliseconds(limits::kSmtpHoldMin) * 110 / 100);
}

TEST_F(RelayPoolTest, R7_a_path_is_probed_every_second_at_first) {
  RelayPool pool(relays(1), silent_);
  Time now = begin_;
  while (now < begin_ + 60s) {
    pool.pick(now)->failed({RelayFault::kPath, "refused", {}}, now);
    EXPECT_LE(pool.ready_at(now) - now, 1100ms);
    now = pool.ready_at(now);
  }
}

TEST_F(RelayPoolTest, S3_a_probe_that_gets_in_does_not_prove_that_our_sender_is_let_through) {
  RelayPool pool(relays(1), silent_, {0ms, 0ms});
  pool.set_probed(true);
  const Time begun = std::chrono::steady_clock::now();
  pool.pick(begun)->failed({RelayFault::kSender, "SendAsDenied", "job"}, begun);
  EXPECT_FALSE(pool.pick(begun + 1h)) << "a probe comes first";
  pool.wait_for_probe(0)->worked();
  EXPECT_TRUE(pool.states()[0].held_back);
  std::optional<RelayTurn> trial = pool.pick(begun + 1h);
  ASSERT_TRUE(trial);
  EXPECT_TRUE(trial->is_trial());
  EXPECT_FALSE(pool.pick(begun + 1h)) << "one message only";
  trial->sent();
  EXPECT_FALSE(pool.states()[0].held_back);
  EXPECT_FALSE(pool.pick(begun + 1h)->is_trial());
}

TEST_F(RelayPoolTest, R7_after_a_fault_of_the_path_a_probe_is_enough) {
  RelayPool pool(relays(1), silent_, {0ms, 0ms});
  pool.set_probed(true);
  const Time begun = std::chrono::steady_clock::now();
  pool.pick(begun)->failed({RelayFault::kPath, "refused", {}}, begun);
  pool.wait_for_probe(0)->worked();
  EXPECT_FALSE(pool.states()[0].held_back);
}

TEST_F(RelayPoolTest, R7_a_trial_that_takes_long_lets_another_message_try) {
  RelayPool pool(relays(1), silent_, {0ms, 0ms});
  pool.pick(begin_)->failed({RelayFault::kSender, "no", "one"}, begin_);
  std::optional<RelayTurn> slow = pool.pick(begin_);
  ASSERT_TRUE(slow);
  EXPECT_FALSE(pool.pick(begin_ + 1s));
  std::optional<RelayTurn> other = pool.pick(begin_ + limits::kSmtpTrialWait);
  ASSERT_TRUE(other);
  other->sent();
  EXPECT_FALSE(pool.states()[0].held_back);
}

TEST_F(RelayPoolTest, S3_only_other_jobs_make_the_pause_longer) {
  RelayPool pool(relays(1), silent_);
  Time now = begin_;
  for (int i = 0; i < 5; ++i) {
    pool.pick(now)->failed({RelayFault::kSender, "no", "same"}, now);
    EXPECT_LE(pool.ready_at(now) - now, 1100ms);
    now = pool.ready_at(now);
  }
  pool.pick(now)->failed({RelayFault::kSender, "no", "other"}, now);
  EXPECT_GE(pool.ready_at(now) - now, 1800ms);
}

TEST_F(RelayPoolTest, S4_a_refused_rate_paces_what_follows_and_success_lifts_it) {
  RelayPool pool(relays(1), silent_, {0ms, 0ms});
  pool.pick(begin_)->failed({RelayFault::kRate, "too many", "job"}, begin_);
  pool.pick(begin_)->sent();
  Time now = begin_ + 1h;
  ASSERT_TRUE(pool.pick(now));
  EXPECT_FALSE(pool.pick(now)) << "not two at once";
  EXPECT_TRUE(pool.pick(now + limits::kSmtpPaceMin));
  now += 1h;
  for (int i = 0; i < 50; ++i) {
    pool.pick(now)->sent();
    now += 1s;
  }
  ASSERT_TRUE(pool.pick(now));
  EXPECT_TRUE(pool.pick(now)) << "as before";
}

TEST_F(RelayPoolTest, the_probe_of_a_relay_waits_for_its_time_and_ends_when_asked) {
  RelayPool pool(relays(1), silent_, {20ms, 20ms});
  pool.set_probed(true);
  const Time begun = std::chrono::steady_clock::now();
  fail(pool, begun);
  std::optional<RelayTurn> probe = pool.wait_for_probe(0);
  ASSERT_TRUE(probe);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 18ms);
  pool.end_probing();
  probe.reset();
  EXPECT_FALSE(pool.wait_for_probe(0));
}

TEST_F(RelayPoolTest, half_open_lets_one_probe) {
  RelayPool pool(relays(1), silent_);
  fail(pool, begin_);
  const Time later = begin_ + 2s;
  {
    std::optional<RelayTurn> probe = pool.pick(later);
    ASSERT_TRUE(probe);
    EXPECT_TRUE(probe->is_trial());
    EXPECT_FALSE(pool.pick(later));
    EXPECT_GT(pool.ready_at(later), later);
    EXPECT_FALSE(pool.may_announce(*probe, later));
    probe->worked();
  }
  EXPECT_LE(pool.ready_at(later), later);
  const std::optional<RelayTurn> one = pool.pick(later);
  const std::optional<RelayTurn> other = pool.pick(later);
  ASSERT_TRUE(one);
  ASSERT_TRUE(other);
  EXPECT_FALSE(one->is_trial());
  EXPECT_FALSE(other->is_trial());
}

TEST_F(RelayPoolTest, a_probe_without_a_verdict_is_the_next_ones) {
  RelayPool pool(relays(1), silent_);
  fail(pool, begin_);
  const Time later = begin_ + 2s;
  {
    const std::optional<RelayTurn> gone = pool.pick(later);
  }
  const std::optional<RelayTurn> next = pool.pick(later);
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->is_trial());
}

TEST_F(RelayPoolTest, what_was_begun_before_the_fault_neither_heals_nor_counts_again) {
  RelayPool pool(relays(1), silent_);
  std::optional<RelayTurn> slow = pool.pick(begin_);
  std::optional<RelayTurn> other = pool.pick(begin_);
  fail(pool, begin_);
  const Time ready = pool.ready_at(begin_);
  slow->worked();
  EXPECT_FALSE(pool.pick(begin_));
  EXPECT_FALSE(pool.may_announce(*slow, begin_));
  other->failed({RelayFault::kPath, "timed out", {}}, begin_ + 100ms);
  EXPECT_EQ(pool.ready_at(begin_), ready);
}

TEST_F(RelayPoolTest, emails_are_announced_to_the_best_relay_only) {
  RelayPool pool(relays(2), silent_);
  fail(pool, begin_);
  std::optional<RelayTurn> second = pool.pick(begin_);
  ASSERT_TRUE(second);
  EXPECT_TRUE(pool.may_announce(*second, begin_));
  // The first one may be tried again: the next email is to do so.
  EXPECT_FALSE(pool.may_announce(*second, begin_ + 2s));
  std::optional<RelayTurn> probe = pool.pick(begin_ + 2s);
  EXPECT_EQ(probe->relay(), 0u);
  EXPECT_TRUE(pool.may_announce(*second, begin_ + 2s));
  probe->worked();
  EXPECT_FALSE(pool.may_announce(*second, begin_ + 2s));
  pool.keep_mails_apart(0);
  EXPECT_FALSE(pool.may_announce(*probe, begin_ + 2s));
}

TEST_F(RelayPoolTest, all_at_fault_and_the_earliest_of_them) {
  RelayPool pool(relays(2), silent_, {1h, 1h});
  fail(pool, begin_);
  fail(pool, begin_ + 30min);
  EXPECT_FALSE(pool.pick(begin_ + 31min));
  const Time ready = pool.ready_at(begin_ + 31min);
  EXPECT_GE(ready, begin_ + 48min);
  EXPECT_LE(ready, begin_ + 72min);
  EXPECT_EQ(pool.pick(ready)->relay(), 0u);
}

TEST_F(RelayPoolTest, states_and_one_log_line_a_change_without_secrets) {
  testing::internal::CaptureStderr();
  {
    Logger log(LogLevel::kInfo, LogFormat::kText);
    RelayPool pool(relays(2), log, {0ms, 0ms});
    for (int i = 0; i < 3; ++i) fail(pool, begin_);
    const std::vector<RelayState> states = pool.states();
    ASSERT_EQ(states.size(), 2u);
    EXPECT_EQ(states[0].host, "relay0");
    EXPECT_EQ(states[0].port, 587);
    EXPECT_TRUE(states[0].held_back);
    EXPECT_EQ(states[0].reason, "AUTH: 535 5.7.8");
    EXPECT_FALSE(states[1].held_back);
    EXPECT_EQ(pool.last_fault(), "AUTH: 535 5.7.8");
    pool.pick(begin_)->worked();
    EXPECT_FALSE(pool.states()[0].held_back);
    EXPECT_EQ(pool.states()[0].reason, "");
  }
  const std::string lines = testing::internal::GetCapturedStderr();
  const auto count = [&](const std::string& text) {
    int found = 0;
    for (std::size_t at = 0; (at = lines.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("mail relay held back"), 1) << lines;
  EXPECT_EQ(count("mail relay works again"), 1) << lines;
  EXPECT_EQ(count("geheim"), 0) << lines;
}

}  // namespace
}  // namespace postern
