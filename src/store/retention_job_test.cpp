#include "store/retention_job.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/ids.hpp"
#include "base/limits.hpp"
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
  const RetentionJob job(writer_, clock_, {400 * kDay, 90 * kDay}, log_);
  EXPECT_TRUE(comes_to(4, 2));
}

TEST_F(RetentionJobTest, many_rows_go_in_small_transactions) {
  constexpr auto kRows = 2 * limits::kPruneBatch + 1;
  for (std::int64_t i = 0; i < kRows; ++i) add(3 * kDay);
  const auto before = writer_.batches();
  const RetentionJob job(writer_, clock_, {2 * kDay, 2 * kDay}, log_);
  EXPECT_TRUE(comes_to(0, 0));
  EXPECT_GE(writer_.batches() - before, 6U);
}

TEST_F(RetentionJobTest, two_apps_prune_together) {
  for (int i = 0; i < 700; ++i) add(3 * kDay);
  add(kDay);
  Writer other{std::make_unique<fakes::MemoryStore>(database_), log_};
  const RetentionJob one(writer_, clock_, {2 * kDay, 2 * kDay}, log_);
  const RetentionJob two(other, clock_, {2 * kDay, 2 * kDay}, log_);
  EXPECT_TRUE(comes_to(1, 1));
}

TEST_F(RetentionJobTest, R14_it_ends_at_once) {
  const auto before = std::chrono::steady_clock::now();
  {
    const RetentionJob job(writer_, clock_, {2 * kDay, 2 * kDay}, log_);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

}  // namespace
}  // namespace postern
