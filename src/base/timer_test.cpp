#include "base/timer.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Timer, functions_run_in_the_order_of_their_times_and_not_before) {
  Timer timer;
  const auto now = steady_clock::now();
  std::vector<int> order;
  std::promise<steady_clock::time_point> last;
  timer.run_at(now + milliseconds(40), [&] {
    order.push_back(2);
    last.set_value(steady_clock::now());
  });
  timer.run_at(now + milliseconds(20), [&] {
    order.push_back(1);
    throw std::runtime_error("ends nothing");
  });
  EXPECT_GE(last.get_future().get(), now + milliseconds(40));
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Timer, a_timer_that_has_nothing_to_do_is_woken) {
  Timer timer;
  for (int i = 0; i < 20; ++i) {
    std::promise<void> ran;
    timer.run_at(steady_clock::now() + milliseconds(1), [&] { ran.set_value(); });
    ASSERT_EQ(ran.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

TEST(Timer, an_earlier_function_goes_first) {
  Timer timer;
  std::promise<void> ran;
  timer.run_at(steady_clock::now() + hours(1), [] {});
  timer.run_at(steady_clock::now(), [&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(Timer, what_waits_at_the_end_runs_at_once) {
  int ran = 0;
  {
    Timer timer;
    timer.run_at(steady_clock::now() + hours(1), [&] { ++ran; });
    timer.run_at(steady_clock::now() + hours(2), [&] { ++ran; });
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace postern
