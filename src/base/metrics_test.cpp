#include "base/metrics.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(MetricsText, writes_families_with_their_samples) {
  MetricsText text;
  text.begin("a_total", "counter", "What it is.");
  text.sample({{"route", "/a"}, {"status", "200"}}, 3);
  text.begin("b", "gauge", "Another.");
  text.sample(1'234'567'890'123);
  text.sample({{"x", "a\\b\"c\nd"}}, 0.5);
  EXPECT_EQ(text.take(),
            "# HELP a_total What it is.\n# TYPE a_total counter\n"
            "a_total{route=\"/a\",status=\"200\"} 3\n"
            "# HELP b Another.\n# TYPE b gauge\nb 1234567890123\n"
            "b{x=\"a\\\\b\\\"c\\nd\"} 0.5\n");
}

TEST(DurationHistogram, buckets_are_cumulative_and_a_bound_belongs_to_its_bucket) {
  using namespace std::chrono_literals;
  DurationHistogram histogram;
  for (const auto time : {200us, 1000us, 1001us, 60'000'000us}) histogram.observe(time);
  EXPECT_EQ(histogram.count(), 4u);
  MetricsText text;
  text.begin("h", "histogram", "Times.");
  histogram.write(text, {{"route", "/a"}});
  const auto page = text.take();
  for (const auto* line :
       {"h_bucket{route=\"/a\",le=\"0.001\"} 2\n", "h_bucket{route=\"/a\",le=\"0.005\"} 3\n",
        "h_bucket{route=\"/a\",le=\"30\"} 3\n", "h_bucket{route=\"/a\",le=\"+Inf\"} 4\n",
        "h_sum{route=\"/a\"} 60.002201\n", "h_count{route=\"/a\"} 4\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
}

}  // namespace
}  // namespace postern
