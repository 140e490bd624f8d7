#include "crypto/hash_pool.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <latch>
#include <mutex>
#include <optional>

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

constexpr std::string_view kClient = "192.0.2.1";

bool submit(HashPool& pool, std::function<void()> run, std::string_view client = kClient) {
  return pool.submit(client, {std::move(run), [](const Error&) { ADD_FAILURE() << "displaced"; }});
}

/// One thread, kept busy until release(); what ran, and what lost its room, in order.
class FairPool {
 public:
  explicit FairPool(std::size_t limit) {
    pool_.emplace(1, limit);
    EXPECT_TRUE(submit(
        *pool_,
        [this] {
          started_.count_down();
          release_.wait();
        },
        "the one that is running"));
    started_.wait();
  }
  bool add(const std::string& client, const std::string& name) {
    return pool_->submit(client, {[this, name] { note(name); },
                                  [this, name](const Error& error) {
                                    EXPECT_EQ(error.code, "overloaded");
                                    EXPECT_EQ(error.retry, Retry::kLater);
                                    note("-" + name);
                                  }});
  }
  HashPool& pool() { return *pool_; }
  /// Lets everything run.
  std::vector<std::string> finish() {
    release_.count_down();
    pool_.reset();
    return names_;
  }

 private:
  void note(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.push_back(name);
  }

  std::latch started_{1}, release_{1};
  std::mutex mutex_;
  std::vector<std::string> names_;
  std::optional<HashPool> pool_;
};

TEST(HashPool, hashes) {
  std::promise<Result<std::string>> promise;
  auto hash = promise.get_future();
  HashPool pool(2, 8);
  ASSERT_TRUE(submit(pool, [&] { promise.set_value(hash_password("a password")); }));
  const auto encoded = value_of(hash);
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(verify_password(*encoded, "a password"));
}

TEST(HashPool, K2_a_full_queue_says_no_at_once) {
  std::latch started(1), release(1);
  std::atomic<int> ran = 0;
  {
    HashPool pool(1, 3);
    ASSERT_TRUE(submit(pool, [&] {
      started.count_down();
      release.wait();
      ++ran;
    }));
    started.wait();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(submit(pool, [&] { ++ran; }));
    bool refused_task_ran = false;
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(submit(pool, [&] { refused_task_ran = true; }));
    release.count_down();
    // There is room again once the queue has moved.
    std::promise<void> done;
    auto finished = done.get_future();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!submit(pool, [&] { done.set_value(); })) {
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
      ASSERT_TRUE(submit(pool, [&] {
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
  ASSERT_TRUE(submit(pool, [&] {
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
  ASSERT_TRUE(submit(pool, [&] { promise.set_value(); }));
  value_of(ran);
}

TEST(HashPool, K2_room_that_is_kept_counts_until_it_is_given_up) {
  HashPool::Slot kept;
  {
    HashPool pool(1, 1);
    auto slot = pool.reserve(kClient);
    ASSERT_TRUE(slot);
    EXPECT_FALSE(pool.reserve(kClient));
    EXPECT_FALSE(submit(pool, [] {}));
    std::promise<void> promise;
    auto ran = promise.get_future();
    pool.submit(std::move(slot), {[&] { promise.set_value(); }});
    value_of(ran);
    kept = pool.reserve(kClient);
    ASSERT_TRUE(kept);
  }
  kept.reset();  // after the pool
}

TEST(HashPool, R16_a_task_that_throws_fails_alone) {
  std::promise<Error> failed, reported;
  HashPool pool(1, 4, [&](const Error& error) { reported.set_value(error); });
  ASSERT_TRUE(pool.submit(kClient, {[] { throw std::runtime_error("out of luck"); },
                                    [&](const Error& error) { failed.set_value(error); }}));
  auto answered = failed.get_future(), logged = reported.get_future();
  EXPECT_EQ(value_of(answered).code, "internal");
  EXPECT_EQ(value_of(logged).cause, "out of luck");
  std::promise<int> next;
  ASSERT_TRUE(submit(pool, [&] { next.set_value(7); }));
  auto seven = next.get_future();
  EXPECT_EQ(value_of(seven), 7);
}

TEST(HashPool, K2_a_clients_queue_does_not_delay_another_clients_task) {
  FairPool fair(64);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(fair.add("a", "a" + std::to_string(i)));
  EXPECT_TRUE(fair.add("b", "b0"));
  EXPECT_TRUE(fair.add("b", "b1"));
  EXPECT_TRUE(fair.add("c", "c0"));
  const auto names = fair.finish();
  ASSERT_EQ(names.size(), 23U);
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 5),
            (std::vector<std::string>{"a0", "b0", "c0", "a1", "b1"}));
}

TEST(HashPool, K2_a_client_that_is_being_served_waits_for_one_that_comes) {
  std::promise<void> go;
  std::vector<std::string> names;
  std::latch started(1);
  {
    HashPool pool(1, 64);
    ASSERT_TRUE(submit(
        pool,
        [&] {
          started.count_down();
          go.get_future().wait();
        },
        "a"));
    started.wait();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(submit(pool, [&] { names.push_back("a"); }, "a"));
    ASSERT_TRUE(submit(pool, [&] { names.push_back("b"); }, "b"));
    go.set_value();
  }
  ASSERT_EQ(names.size(), 11U);
  EXPECT_LE(std::find(names.begin(), names.end(), "b") - names.begin(), 1);
}

TEST(HashPool, K2_a_full_queue_takes_from_the_largest_client) {
  FairPool fair(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(fair.add("a", "a" + std::to_string(i)));
  EXPECT_FALSE(fair.add("a", "refused"));
  EXPECT_TRUE(fair.add("b", "b0")) << "in place of a3";
  EXPECT_TRUE(fair.add("b", "b1")) << "in place of a2";
  EXPECT_FALSE(fair.add("b", "refused")) << "no other has more";
  EXPECT_FALSE(fair.add("a", "refused"));
  EXPECT_TRUE(fair.add("c", "c0")) << "in place of the newest of one that has two";
  EXPECT_EQ(fair.pool().queue_length(), 4U);
  const auto names = fair.finish();
  EXPECT_EQ(names, (std::vector<std::string>{"-a3", "-a2", "-a1", "a0", "b0", "c0", "b1"}));
}

TEST(HashPool, K2_reserved_room_can_be_lost_and_the_task_learns_of_it) {
  FairPool fair(2);
  auto first = fair.pool().reserve("a");
  auto second = fair.pool().reserve("a");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(fair.add("b", "b0"));
  std::string code;
  fair.pool().submit(std::move(second),
                     {[&] { code = "ran"; }, [&](const Error& error) { code = error.code; }});
  EXPECT_EQ(code, "overloaded");
  std::promise<void> ran;
  auto future = ran.get_future();
  fair.pool().submit(std::move(first), {[&] { ran.set_value(); }, {}});
  EXPECT_EQ(fair.finish(), std::vector<std::string>{"b0"});
  value_of(future);
}

TEST(HashPool, lets_go_of_what_a_task_holds_before_it_waits_again) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  HashPool pool(1, 2);
  ASSERT_TRUE(submit(pool, [held = std::move(held)] {}));
  std::promise<void> promise;
  auto later = promise.get_future();
  ASSERT_TRUE(submit(pool, [&] { promise.set_value(); }));
  value_of(later);
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace postern
