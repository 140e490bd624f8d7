#include "base/log_repeats.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

using std::chrono::seconds;

constexpr LogRepeats::Time kStart{};

TEST(LogRepeats, identical_lines_beyond_the_third_of_a_minute_are_counted) {
  LogRepeats repeats;
  int written = 0;
  for (int i = 0; i < 50; ++i) written += repeats.admit("away", "away a", kStart + seconds(i));
  EXPECT_EQ(written, 3);
  EXPECT_TRUE(repeats.admit("away", "away b", kStart + seconds(50))) << "another line";
  EXPECT_TRUE(repeats.take_ended(kStart + seconds(59)).empty());
  const auto left_out = repeats.take_ended(kStart + seconds(60));
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].event, "away");
  EXPECT_EQ(left_out[0].count, 47);
  EXPECT_TRUE(repeats.take_ended(kStart + seconds(60)).empty()) << "each once";
  EXPECT_TRUE(repeats.admit("away", "away a", kStart + seconds(61)));
}

TEST(LogRepeats, the_end_takes_all_that_was_left_out) {
  LogRepeats repeats;
  for (int i = 0; i < 4; ++i) static_cast<void>(repeats.admit("away", "away", kStart));
  static_cast<void>(repeats.admit("other", "other", kStart));
  const auto left_out = repeats.take_all();
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].count, 1);
}

TEST(LogRepeats, beyond_the_lines_that_are_remembered_lines_pass) {
  LogRepeats repeats;
  for (int i = 0; i < 2000; ++i) {
    EXPECT_TRUE(repeats.admit("e", "line " + std::to_string(i), kStart));
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(repeats.admit("e", "line 1999", kStart));
}

}  // namespace
}  // namespace postern
