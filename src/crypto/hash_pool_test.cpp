#include "crypto/hash_pool.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <latch>

#include "crypto/password.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeadline = 30s;

template <class T>
T value_of(std::future<T>& future) {
  if (future.wait_for(kDeadline) != std::future_status::ready) {
    throw std::runtime_error("the task did not run");
  }
  return future.get();
}

TEST(HashPool, hashes) {
  std::promise<Result<std::string>> promise;
  auto hash = promise.get_future();
  HashPool pool(2, 8);
  ASSERT_TRUE(pool.submit([&] { promise.set_value(hash_password("a password")); }));
  const auto encoded = value_of(hash);
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(verify_password(*encoded, "a password"));
}

TEST(HashPool, K2_a_full_queue_says_no_at_once) {
  std::latch started(1), release(1);
  std::atomic<int> ran = 0;
  {
    HashPool pool(1, 3);
    ASSERT_TRUE(pool.submit([&] {
      started.count_down();
      release.wait();
      ++ran;
    }));
    started.wait();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit([&] { ++ran; }));
    bool refused_task_ran = false;
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(pool.submit([&] { refused_task_ran = true; }));
    release.count_down();
    // There is room again once the queue has moved.
    std::promise<void> done;
    auto finished = done.get_future();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!pool.submit([&] { done.set_value(); })) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
    value_of(finished);
    EXPECT_FALSE(refused_task_ran);
  }
  EXPECT_EQ(ran, 4);
}

TEST(HashPool, K2_no_more_tasks_at_once_than_threads) {
  std::atomic<int> running = 0, most = 0, ran = 0;
  {
    HashPool pool(2, 20);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(pool.submit([&] {
        const int now = ++running;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        (void)hash_password("x");
        --running;
        ++ran;
      }));
    }
  }
  EXPECT_EQ(ran, 20) << "the destructor runs what is queued";
  EXPECT_LE(most, 2);
}

TEST(HashPool, K2_its_threads_have_a_name_and_step_back) {
  struct Seen {
    std::string name;
    int policy = 0;
    int nice = 0;
  };
  std::promise<Seen> promise;
  auto future = promise.get_future();
  HashPool pool(1, 1);
  ASSERT_TRUE(pool.submit([&] {
    Seen seen;
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    seen.name = name;
    seen.policy = sched_getscheduler(0);
    seen.nice = getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
    promise.set_value(seen);
  }));
  const Seen seen = value_of(future);
  EXPECT_EQ(seen.name, "postern-hash");
  EXPECT_EQ(seen.policy, SCHED_BATCH);
  EXPECT_GE(seen.nice, 10);
  EXPECT_LT(getpriority(PRIO_PROCESS, 0), seen.nice) << "the caller keeps its own priority";
}

TEST(HashPool, K2_an_unknown_number_of_cores_still_gives_a_thread) {
  std::promise<void> promise;
  auto ran = promise.get_future();
  HashPool pool(0, 1);
  ASSERT_TRUE(pool.submit([&] { promise.set_value(); }));
  value_of(ran);
}

TEST(HashPool, K2_room_that_is_kept_counts_until_it_is_given_up) {
  HashPool::Slot kept;
  {
    HashPool pool(1, 1);
    auto slot = pool.reserve();
    ASSERT_TRUE(slot);
    EXPECT_FALSE(pool.reserve());
    EXPECT_FALSE(pool.submit([] {}));
    std::promise<void> promise;
    auto ran = promise.get_future();
    pool.submit(std::move(slot), [&] { promise.set_value(); });
    value_of(ran);
    kept = pool.reserve();
    ASSERT_TRUE(kept);
  }
  kept.reset();  // after the pool
}

TEST(HashPool, lets_go_of_what_a_task_holds_before_it_waits_again) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  HashPool pool(1, 2);
  ASSERT_TRUE(pool.submit([held = std::move(held)] {}));
  std::promise<void> promise;
  auto later = promise.get_future();
  ASSERT_TRUE(pool.submit([&] { promise.set_value(); }));
  value_of(later);
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace postern
