#include "app/descriptor_plan.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(DescriptorPlan, W2_caps_stay_below_the_limit_and_one_client_gets_an_eighth) {
  for (const std::size_t limit : {256U, 512U, 1024U, 4096U, 20'000U, 1'048'576U}) {
    for (const std::size_t smtp : {0U, 4U, 30U}) {
      const auto plan = plan_descriptors({limit, 1, smtp});
      EXPECT_LE(plan.connections + plan.admin_connections + 2 * smtp + 64, limit) << limit;
      EXPECT_LE(plan.connections_per_client * 8, plan.connections) << limit;
      EXPECT_GE(plan.connections_per_client, 1U) << limit;
    }
  }
  EXPECT_EQ(plan_descriptors({1'048'576, 1, 4}).connections, 4096U);
  EXPECT_FALSE(plan_descriptors({1024, 1, 4}).tight);
}

TEST(DescriptorPlan, too_few_descriptors_are_reported) {
  EXPECT_TRUE(plan_descriptors({128, 1, 4}).tight);
  EXPECT_GT(plan_descriptors({0, 1, 4}).connections, 0U);
}

}  // namespace
}  // namespace postern
