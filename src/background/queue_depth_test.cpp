#include "background/queue_depth.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace postern {
namespace {

/// Waits for the condition, with a deadline.
bool comes_true(const std::function<bool()>& reached) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!reached() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return reached();
}

TEST(QueueDepth, has_counts_while_the_broker_answers) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  std::atomic<int> rounds = 0;
  const QueueDepth depth(
      [&]() -> Result<QueueCounts> {
        ++rounds;
        return QueueCounts{.waiting = 5, .retry = {1, 2}, .dead = 3, .workers = 4};
      },
      log);
  ASSERT_TRUE(comes_true([&] { return depth.counts().has_value(); }));
  EXPECT_EQ(depth.counts()->waiting, 5);
  EXPECT_EQ(depth.counts()->dead, 3);
  EXPECT_EQ(rounds, 1);
}

TEST(QueueDepth, has_none_while_the_broker_is_unavailable) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  std::atomic<bool> available = true;
  const QueueDepth depth(
      [&]() -> Result<QueueCounts> {
        if (available) return QueueCounts{.waiting = 5};
        return Error{"rabbit_unavailable", Retry::kLater, "connection refused"};
      },
      log, std::chrono::milliseconds(1));
  for (const bool state : {true, false, true}) {
    available = state;
    EXPECT_TRUE(comes_true([&] { return depth.counts().has_value() == state; })) << state;
  }
}

}  // namespace
}  // namespace postern
