#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <set>

namespace postern {
namespace {

TEST(Clock, writes_rfc3339_in_utc) {
  EXPECT_EQ(to_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_unix_ms(1'795'361'400'007)), "2026-11-22T15:30:00.007Z");
}

TEST(Clock, reads_rfc3339_with_any_offset) {
  struct Case {
    std::string_view text;
    std::int64_t unix_ms;
  };
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T03:00:00+03:00", 0},
      {"1969-12-31T23:59:59.9Z", -100},
      {"2026-11-22t15:30:00.0071239z", 1'795'361'400'007},
      {"2024-02-29T12:00:00.5-00:30", 1'709'209'800'500},
  };
  for (const auto& c : cases) {
    const auto time = parse_rfc3339(c.text);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(to_unix_ms(*time), c.unix_ms) << c.text;
  }
}

TEST(Clock, refuses_what_is_not_rfc3339) {
  for (const std::string_view text :
       {"", "2026-11-22", "2026-11-22T15:30:00", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T15:60:00Z", "2026-11-22T15:30:00.Z", "2026-11-22T15:30:00Zx",
        "2026-11-22T15:30:00+3:00", "02026-11-22T15:30:00Z", "2026-11-22T15:30:00+24:00",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:00-00:01", "9999-12-31T23:59:60Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Clock, what_was_read_can_be_written_and_read_again) {
  for (const std::string text : {"0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(to_rfc3339(*time), text);
  }
}

TEST(Ids, are_distinct_ordered_by_time_and_recognised) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = new_id(from_unix_ms(1'000'000 + i));
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_EQ(id[14], '7') << id;
    EXPECT_LT(id_bound(from_unix_ms(1'000'000 + i)), id);
    EXPECT_GT(id_bound(from_unix_ms(1'000'001 + i)), id);
    EXPECT_TRUE(seen.empty() || id > *seen.rbegin());
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
  for (const std::string_view text :
       {"", "019aa0c4-7c1b-7def-8123-456789abcde", "019AA0C4-7c1b-7def-8123-456789abcdef",
        "019aa0c4x7c1b-7def-8123-456789abcdef"}) {
    EXPECT_FALSE(is_id(text)) << text;
  }
}

TEST(Log, W7_a_value_cannot_forge_a_line) {
  const std::string evil = "x\n2026 error \"forged\" \x1b[31m";
  EXPECT_EQ(format_log_line(LogFormat::kText, LogLevel::kInfo, "T", "started", {{"a", evil}}),
            R"(T info started a="x\u000a2026 error \"forged\" \u001b[31m")");
  EXPECT_EQ(format_log_line(LogFormat::kJson, LogLevel::kWarn, "T", "e", {{"a", evil}, {"n", 7}}),
            R"({"time":"T","level":"warn","event":"e","a":"x\u000a2026 error \"forged\" )"
            R"(\u001b[31m","n":"7"})");
}

}  // namespace
}  // namespace postern
