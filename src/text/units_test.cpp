#include "text/units.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, reads_a_number_and_a_unit) {
  EXPECT_EQ(*parse_duration("15s"), 15s);
  EXPECT_EQ(*parse_duration("60m"), 1h);
  EXPECT_EQ(*parse_duration("24h"), 24h);
  EXPECT_EQ(*parse_duration("30d"), 720h);
  EXPECT_EQ(*parse_duration("36500d"), 24h * 36500);
}

TEST(ParseDuration, refuses_the_rest) {
  for (const char* text : {"",
                           "s",
                           "m",
                           "15",
                           "0s",
                           "-1s",
                           "+1s",
                           "1.5h",
                           " 1s",
                           "1s ",
                           "1 s",
                           "1S",
                           "1ms",
                           "1w",
                           "1h30m",
                           "0x1s",
                           "1e3s",
                           "36501d",
                           "876001h",
                           "99999999999999999999s",
                           "18446744073709551615d",
                           "9223372036854775807s"}) {
    const Result<Duration> result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_duration");
    EXPECT_EQ(result.error().retry, Retry::kNever);
  }
}

TEST(ParseRate, L2_reads_a_count_and_a_unit) {
  const Result<Rate> rate = parse_rate("3/h");
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->count, 3U);
  EXPECT_EQ(rate->window, 1h);
  EXPECT_EQ(parse_rate("20/s")->window, 1s);
  EXPECT_EQ(parse_rate("1/m")->window, 1min);
  EXPECT_EQ(parse_rate("10/d")->window, 24h);
  EXPECT_EQ(parse_rate("1000000000/s")->count, 1'000'000'000U);
}

TEST(ParseRate, L2_refuses_the_rest) {
  for (const char* text : {"",     "/",    "3",     "3/",           "/h",
                           "0/h",  "-1/h", "+1/h",  "1.5/h",        "3 /h",
                           "3/ h", "3/h ", " 3/h",  "3/H",          "3/hour",
                           "3/2h", "3//h", "3/h/h", "1000000001/s", "99999999999999999999/s"}) {
    const Result<Rate> result = parse_rate(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_rate");
    EXPECT_EQ(result.error().retry, Retry::kNever);
  }
}

TEST(ParseRates, L2_reads_one_to_three_windows_the_shortest_first) {
  const auto one = parse_rates("3/h");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().count, 3U);
  EXPECT_EQ(one->front().window, 1h);
  const auto three = parse_rates("10/d,1/m , 3/h");
  ASSERT_TRUE(three);
  ASSERT_EQ(three->size(), 3U);
  EXPECT_EQ((*three)[0].window, 1min);
  EXPECT_EQ((*three)[1].window, 1h);
  EXPECT_EQ((*three)[2].window, 24h);
  EXPECT_EQ((*three)[2].count, 10U);
}

TEST(ParseRates, L2_refuses_the_rest) {
  for (const char* text : {"", ",", "3/h,", ",3/h", "3/h,,10/d", "3/h,5/h", "3/h;10/d", "3/h 10/d",
                           "3/h,10", "1/s,2/m,3/h,4/d", "3/h,10/d,0/m"}) {
    const auto result = parse_rates(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_rate");
  }
}

}  // namespace
}  // namespace postern
