#include "base/background_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "base/signal.hpp"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Time = BackgroundThread::Time;

/// Counts what happens on the thread, for a test that waits for it.
class Count {
 public:
  void add() {
    ++number_;
    signal_.notify();
  }
  int number() const { return number_; }
  bool reaches(int number) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    for (;;) {
      const auto seen = signal_.generation();
      if (number_ >= number) return true;
      if (!signal_.wait(seen, deadline)) return false;
    }
  }

 private:
  std::atomic<int> number_ = 0;
  Signal signal_;
};

BackgroundThread::Work counting(Count& rounds, Time wait) {
  return {.name = "test",
          .round =
              [&rounds, wait](const std::stop_token&) {
                rounds.add();
                return wait;
              },
          .failed = [](const Error&) {}};
}

TEST(BackgroundThread, rounds_follow_each_other_until_it_stops) {
  Count rounds;
  BackgroundThread thread(counting(rounds, Time::zero()));
  EXPECT_TRUE(rounds.reaches(3));
  thread.stop();
  const int stopped_at = rounds.number();
  thread.stop();
  EXPECT_EQ(rounds.number(), stopped_at);
}

TEST(BackgroundThread, a_wait_ends_on_request) {
  Count rounds;
  BackgroundThread thread(counting(rounds, hours(1)));
  for (int round = 1; round < 20; ++round) {
    ASSERT_TRUE(rounds.reaches(round));
    thread.wake();
  }
  EXPECT_TRUE(rounds.reaches(20));
}

TEST(BackgroundThread, a_request_during_a_round_makes_the_next_one_follow) {
  Count rounds;
  BackgroundThread* self = nullptr;
  auto work = counting(rounds, hours(1));
  work.first_wait = hours(1);
  work.round = [&](const std::stop_token&) -> Time {
    rounds.add();
    if (rounds.number() == 1) self->wake();
    return hours(1);
  };
  BackgroundThread thread(std::move(work));
  self = &thread;
  thread.wake();
  EXPECT_TRUE(rounds.reaches(2));
}

TEST(BackgroundThread, the_first_round_waits_when_asked_to) {
  Count rounds;
  auto work = counting(rounds, hours(1));
  work.first_wait = hours(1);
  BackgroundThread thread(std::move(work));
  EXPECT_EQ(rounds.number(), 0);
  thread.stop();
  EXPECT_EQ(rounds.number(), 0);
}

TEST(BackgroundThread, the_destructor_ends_a_wait_between_rounds_and_one_within_a_round) {
  Count rounds;
  {
    const BackgroundThread between(counting(rounds, hours(1)));
    EXPECT_TRUE(rounds.reaches(1));
  }
  auto work = counting(rounds, hours(1));
  bool went_on = true;
  work.round = [&](const std::stop_token& stop) -> Time {
    rounds.add();
    went_on = pause(stop, hours(1));
    return hours(1);
  };
  {
    const BackgroundThread within(std::move(work));
    EXPECT_TRUE(rounds.reaches(2));
  }
  EXPECT_FALSE(went_on);
}

TEST(BackgroundThread, R16_a_round_that_throws_is_reported_and_the_next_one_follows) {
  Count rounds;
  Count failures;
  std::string detail;
  auto work = counting(rounds, hours(1));
  work.round = [&](const std::stop_token&) -> Time {
    rounds.add();
    if (rounds.number() == 1) throw std::runtime_error("thrown by the round");
    return hours(1);
  };
  work.failed = [&](const Error& error) {
    detail = error.cause;
    failures.add();
    throw std::runtime_error("thrown by the callback");
  };
  BackgroundThread thread(std::move(work));
  EXPECT_TRUE(rounds.reaches(2));
  thread.stop();
  EXPECT_EQ(failures.number(), 1);
  EXPECT_EQ(detail, "thrown by the round");
}

TEST(BackgroundThread, its_end_follows_the_last_round_once) {
  Count rounds;
  Count ends;
  auto work = counting(rounds, hours(1));
  work.at_end = [&] { ends.add(); };
  BackgroundThread thread(std::move(work));
  EXPECT_TRUE(rounds.reaches(1));
  EXPECT_EQ(ends.number(), 0);
  thread.stop();
  thread.stop();
  EXPECT_EQ(ends.number(), 1);
}

TEST(BackgroundThread, the_thread_has_its_name) {
  Count rounds;
  char name[16] = {};
  auto work = counting(rounds, hours(1));
  work.round = [&](const std::stop_token&) -> Time {
    pthread_getname_np(pthread_self(), name, sizeof name);
    rounds.add();
    return hours(1);
  };
  BackgroundThread thread(std::move(work));
  EXPECT_TRUE(rounds.reaches(1));
  EXPECT_STREQ(name, "test");
}

TEST(BackgroundThread, a_pause_goes_on_when_its_time_has_passed) {
  const std::stop_source source;
  EXPECT_TRUE(pause(source.get_token(), std::chrono::milliseconds(1)));
  EXPECT_TRUE(pause({}, Time::zero()));
}

}  // namespace
}  // namespace postern
