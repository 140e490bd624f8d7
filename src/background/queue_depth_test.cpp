#include "background/queue_depth.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace postern {
namespace {

TEST(QueueDepth, has_counts_while_the_broker_answers) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  std::atomic<int> rounds = 0;
  const QueueDepth depth(
      [&]() -> Result<QueueCounts> {
        ++rounds;
        return QueueCounts{.waiting = 5, .retry = {1, 2}, .dead = 3, .workers = 4};
      },
      log);
  while (!depth.counts()) std::this_thread::yield();
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
    while (depth.counts().has_value() != state) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace postern
