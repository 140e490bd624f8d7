#include "http/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace postern {
namespace {

using namespace std::chrono_literals;

const RateLimiter::Time kStart{std::chrono::hours(1)};

IpAddress nth_address(std::uint32_t n) {
  IpAddress::Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) bytes[12 + i] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
  return IpAddress(bytes);
}

std::size_t admitted(RateLimiter& limiter, const IpAddress& client, RateLimiter::Time now,
                     int tries) {
  std::size_t count = 0;
  for (int i = 0; i < tries; ++i) count += limiter.refuse(client, now) ? 0 : 1;
  return count;
}

TEST(RateLimiter, L6_a_burst_gets_exactly_its_count) {
  for (const std::uint64_t count : {1u, 2u, 3u, 7u, 20u, 1000u}) {
    RateLimiter limiter(count, 1000ms, 100);
    EXPECT_EQ(admitted(limiter, nth_address(1), kStart, 2000), count);
    EXPECT_EQ(admitted(limiter, nth_address(1), kStart + 1s, 2000), count) << "a window later";
  }
}

TEST(RateLimiter, L6_refills_evenly) {
  RateLimiter limiter(20, 1s, 100);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart, 30), 20u);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart + 49ms, 5), 0u);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart + 50ms, 5), 1u);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart + 200ms, 9), 3u);
}

TEST(RateLimiter, says_how_long_to_wait) {
  RateLimiter limiter(2, 10s, 100);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart, 2), 2u);
  const auto wait = limiter.refuse(nth_address(1), kStart + 1s);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 4s);
  EXPECT_FALSE(limiter.refuse(nth_address(1), kStart + 1s + *wait));
}

TEST(RateLimiter, zero_is_no_limit) {
  RateLimiter limiter(0, 1s, 100);
  EXPECT_EQ(admitted(limiter, nth_address(1), kStart, 1000), 1000u);
  EXPECT_EQ(limiter.keys(), 0u);
}

TEST(RateLimiter, L4_neighbours_in_a_64_share_their_allowance) {
  RateLimiter limiter(2, 1s, 100);
  EXPECT_FALSE(limiter.refuse(*IpAddress::parse("2001:db8::1"), kStart));
  EXPECT_FALSE(limiter.refuse(*IpAddress::parse("2001:db8::2"), kStart));
  EXPECT_TRUE(limiter.refuse(*IpAddress::parse("2001:db8::3"), kStart));
  EXPECT_FALSE(limiter.refuse(*IpAddress::parse("2001:db8:0:1::1"), kStart));
}

TEST(RateLimiter, L6_memory_is_bounded_and_the_busy_are_not_forgotten) {
  RateLimiter limiter(1, 1000s, 50);
  const IpAddress busy = nth_address(0);
  EXPECT_FALSE(limiter.refuse(busy, kStart));
  for (std::uint32_t n = 1; n <= 10'000; ++n) {
    EXPECT_FALSE(limiter.refuse(nth_address(n), kStart));
    ASSERT_TRUE(limiter.refuse(busy, kStart)) << n;
    ASSERT_LE(limiter.keys(), 50u);
  }
}

TEST(RateLimiter, L6_what_has_expired_is_forgotten) {
  RateLimiter limiter(1, 1s, 1000);
  for (std::uint32_t n = 0; n < 100; ++n) EXPECT_FALSE(limiter.refuse(nth_address(n), kStart));
  for (std::uint32_t n = 0; n < 100; ++n) {
    EXPECT_FALSE(limiter.refuse(nth_address(1000 + n), kStart + 2s));
  }
  EXPECT_EQ(limiter.keys(), 100u);
}

TEST(RateLimiter, L6_exact_under_parallel_bursts) {
  RateLimiter limiter(500, 1000s, 100);
  std::atomic<std::size_t> total = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { total += admitted(limiter, nth_address(1), kStart, 1000); });
    }
  }
  EXPECT_EQ(total.load(), 500u);
}

}  // namespace
}  // namespace postern
