#include "background/retention_job.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "background/retention_steps.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/signal.hpp"
#include "fakes/memory_store.hpp"

namespace postern {
namespace {

using std::chrono::hours;

constexpr auto kDay = hours(24);

class RetentionJobTest : public ::testing::Test {
 protected:
  /// An entry and the state of an email that left long ago.
  void add(Duration age) {
    const TimePoint at = clock_.now() - age;
    OutboxRow row;
    row.id = new_id(at);
    row.body = "{}";
    row.account_id = "anna";
    row.created_at = at;
    const WriteBatch batch{.outbox = {row}, .audit = {{new_id(at), at, "register", "", "", ""}}};
    EXPECT_TRUE(writer_.run([&](Store& store) -> Status {
      if (auto written = store.write(batch); !written) return written;
      return store.change_outbox({.done = {row.id}});
    }));
  }

  std::vector<RetentionStep> steps(Writer& writer, Duration audit, Duration mail_states) {
    return {audit_step(writer, clock_, audit), mail_state_step(writer, clock_, mail_states)};
  }

  bool comes_to(std::size_t audit, std::size_t states) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const auto now = database_.state();
      if (now.audit.size() == audit && now.mail_states.size() == states) return true;
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  fakes::MemoryDatabase database_;
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
};

TEST_F(RetentionJobTest, what_is_older_than_its_retention_goes) {
  for (const int days : {0, 89, 91, 399, 401}) add(days * kDay);
  const RetentionJob job(steps(writer_, 400 * kDay, 90 * kDay), log_);
  EXPECT_TRUE(comes_to(4, 2));
}

TEST_F(RetentionJobTest, many_rows_go_in_small_transactions) {
  constexpr auto kRows = 2 * limits::kRetentionBatch + 1;
  for (std::int64_t i = 0; i < kRows; ++i) add(3 * kDay);
  const auto before = writer_.batches();
  const RetentionJob job(steps(writer_, 2 * kDay, 2 * kDay), log_);
  EXPECT_TRUE(comes_to(0, 0));
  EXPECT_GE(writer_.batches() - before, 6U);
}

TEST_F(RetentionJobTest, two_apps_remove_together) {
  for (int i = 0; i < 700; ++i) add(3 * kDay);
  add(kDay);
  Writer other{std::make_unique<fakes::MemoryStore>(database_), log_};
  const RetentionJob one(steps(writer_, 2 * kDay, 2 * kDay), log_);
  const RetentionJob two(steps(other, 2 * kDay, 2 * kDay), log_);
  EXPECT_TRUE(comes_to(1, 1));
}

TEST_F(RetentionJobTest, all_steps_run_on_the_one_thread) {
  AccountServices services{writer_, clock_};
  add(3 * kDay);
  Account account;
  account.id = new_id(clock_.now() - 8 * kDay);
  account.email = account.email_key = "old@example.com";
  account.locale = "en";
  account.created_at = account.updated_at = clock_.now() - 8 * kDay;
  database_.put(account);
  auto all = retention_steps(services, {2 * kDay, 2 * kDay}, 7 * kDay);
  EXPECT_EQ(all.size(), 4U);
  const RetentionJob job(std::move(all), log_);
  // The third step adds an entry to the audit.
  EXPECT_TRUE(comes_to(1, 0));
  EXPECT_FALSE(database_.account_of("old@example.com"));
}

TEST_F(RetentionJobTest, R12_a_walk_that_broke_off_begins_again) {
  constexpr auto kRows = limits::kRetentionBatch + 1;
  for (std::int64_t i = 0; i < kRows; ++i) add(kDay);
  const auto step = mail_state_step(writer_, clock_, 2 * kDay);
  const auto first = step.run_once();
  ASSERT_TRUE(first);
  EXPECT_TRUE(*first) << "a second page follows";
  database_.fail_next(fakes::StoreStep::kCommit,
                      {store_error::kUnavailable, Retry::kLater, "away"});
  EXPECT_FALSE(step.run_once());
  const auto again = step.run_once();
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again) << "the first page";
  EXPECT_FALSE(*step.run_once());
}

TEST_F(RetentionJobTest, S5_what_has_expired_is_removed_a_minute_after_the_start) {
  const auto step = expired_step(writer_, clock_);
  EXPECT_EQ(step.first_wait, limits::kExpiredRound);
  const auto more = step.run_once();
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
}

/// The steps that ran, in their order.
struct Trace {
  void add(char step) {
    {
      const std::lock_guard lock(mutex);
      steps += step;
    }
    changed.notify();
  }
  bool comes_to(const std::string& expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const auto seen = changed.generation();
      {
        const std::lock_guard lock(mutex);
        if (steps == expected) return true;
      }
      if (!changed.wait(seen, deadline)) return false;
    }
  }

  std::mutex mutex;
  std::string steps;
  Signal changed;
};

TEST_F(RetentionJobTest, a_step_with_more_to_delete_does_not_keep_the_others_waiting) {
  Trace trace;
  int left = 3;
  const auto long_step = [&]() -> Result<bool> {
    trace.add('a');
    return --left > 0;
  };
  const auto short_step = [&]() -> Result<bool> {
    trace.add('b');
    return false;
  };
  const RetentionJob job(
      {{.run_once = long_step, .period = hours(1)}, {.run_once = short_step, .period = hours(1)}},
      log_);
  EXPECT_TRUE(trace.comes_to("abaa"));
}

TEST_F(RetentionJobTest, R16_a_step_that_throws_ends_nothing) {
  Trace trace;
  const auto throws = [&]() -> Result<bool> {
    trace.add('a');
    throw std::runtime_error("thrown by the step");
  };
  const auto works = [&]() -> Result<bool> {
    trace.add('b');
    return trace.steps.size() < 3;
  };
  const RetentionJob job({{.failure = "failed", .run_once = throws, .period = hours(1)},
                          {.failure = "failed", .run_once = works, .period = hours(1)}},
                         log_);
  EXPECT_TRUE(trace.comes_to("abb"));
}

TEST_F(RetentionJobTest, R14_it_ends_while_its_steps_wait) {
  Trace trace;
  const auto step = [&]() -> Result<bool> {
    trace.add('a');
    return true;
  };
  const RetentionJob job({{.run_once = step, .period = hours(1), .pause = hours(1)}}, log_);
  EXPECT_TRUE(trace.comes_to("a"));
}

}  // namespace
}  // namespace postern
