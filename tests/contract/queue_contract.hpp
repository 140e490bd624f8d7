// What every mail queue promises the worker, as one suite for all kinds of queue.
//
// A test file includes this and says once:
//   INSTANTIATE_TEST_SUITE_P(Kind, QueueContract, testing::Values(QueueDriverFactory(...)));
// The driver stands for everything around the queue: the publisher, time, and the operator's view.
#pragma once

#include <thread>

#include "contract/queue_driver.hpp"
#include "queue/retry_delay.hpp"

namespace postern {

TEST_P(QueueContract, a_job_comes_as_it_was_put) {
  const auto queue = driver_->open();
  driver_->put(job("mail-0"));
  const auto taken = take(*queue, 1);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].body, job("mail-0").body);
  EXPECT_EQ(taken[0].attempts, 0);
}

TEST_P(QueueContract, take_is_empty_at_the_deadline) {
  const auto queue = driver_->open();
  const auto begin = std::chrono::steady_clock::now();
  const auto taken = queue->take(1, begin + kGlance);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->empty());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kGlance);
}

TEST_P(QueueContract, R14_wake_ends_a_take_that_waits) {
  const auto queue = driver_->open();
  expect_nothing(*queue);
  std::thread waker([&] { queue->wake(); });
  const auto deadline = until(kPatience);
  const auto taken = queue->take(1, deadline);
  waker.join();
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->empty());
  EXPECT_LT(std::chrono::steady_clock::now(), deadline) << "the deadline ended it";
}

TEST_P(QueueContract, R14_wake_before_take_is_not_lost) {
  const auto queue = driver_->open();
  queue->wake();
  const auto deadline = until(kPatience);
  const auto taken = queue->take(1, deadline);
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->empty());
  EXPECT_LT(std::chrono::steady_clock::now(), deadline) << "the deadline ended it";
}

// How soon it comes is measured by script/bench: the email of one registration alone.
TEST_P(QueueContract, a_job_that_is_put_while_take_waits_ends_the_wait) {
  const auto queue = driver_->open();
  expect_nothing(*queue);
  std::thread app([&] { driver_->put(job("mail-0")); });
  EXPECT_EQ(take(*queue, 1).size(), 1U);
  app.join();
}

TEST_P(QueueContract, a_job_that_waits_already_comes_to_a_new_worker) {
  driver_->put(job("mail-0"));
  const auto queue = driver_->open();
  EXPECT_EQ(take(*queue, 1).size(), 1U);
}

TEST_P(QueueContract, take_gives_no_more_than_asked_for_and_all_in_the_end) {
  const auto queue = driver_->open();
  put(10);
  std::multiset<std::string> seen;
  while (seen.size() < 10) {
    const auto some = queue->take(4, until(kPatience));
    ASSERT_TRUE(some);
    ASSERT_FALSE(some->empty());
    ASSERT_LE(some->size(), 4U);
    for (const auto& delivery : *some) seen.insert(delivery.body);
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 10U);
}

TEST_P(QueueContract, tags_differ) {
  const auto queue = driver_->open();
  put(5);
  std::set<std::uint64_t> tags;
  for (const auto& delivery : take(*queue, 5)) tags.insert(delivery.tag);
  EXPECT_EQ(tags.size(), 5U);
}

TEST_P(QueueContract, done_does_not_come_again) {
  auto queue = driver_->open();
  put(3);
  std::vector<Settled> outcomes;
  for (const auto& delivery : take(*queue, 3)) {
    outcomes.push_back(settled(delivery, DeliveryOutcome::kSent));
  }
  settle(*queue, outcomes);
  queue.reset();
  driver_->end_leases();
  queue = driver_->open();
  expect_nothing(*queue);
  EXPECT_TRUE(driver_->deferred().empty());
  EXPECT_TRUE(driver_->dead().empty());
}

TEST_P(QueueContract, R4_what_was_taken_and_not_settled_comes_again) {
  auto queue = driver_->open();
  put(4);
  const auto first = take(*queue, 4);
  settle(*queue, {settled(first[1], DeliveryOutcome::kSent)});
  queue.reset();
  driver_->end_leases();
  queue = driver_->open();
  const auto again = bodies(take(*queue, 3));
  EXPECT_EQ(again, (std::multiset<std::string>{first[0].body, first[2].body, first[3].body}));
}

TEST_P(QueueContract, R4_jobs_are_settled_in_any_order_and_portion) {
  auto queue = driver_->open();
  put(8);
  const auto taken = take(*queue, 8);
  settle(*queue,
         {settled(taken[7], DeliveryOutcome::kSent), settled(taken[2], DeliveryOutcome::kSent)});
  settle(*queue,
         {settled(taken[0], DeliveryOutcome::kSent), settled(taken[1], DeliveryOutcome::kSent),
          settled(taken[4], DeliveryOutcome::kSent)});
  settle(*queue,
         {settled(taken[3], DeliveryOutcome::kSent), settled(taken[5], DeliveryOutcome::kSent)});
  queue.reset();
  driver_->end_leases();
  queue = driver_->open();
  const auto rest = take(*queue, 1);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].body, taken[6].body);
  expect_nothing(*queue);
}

TEST_P(QueueContract, two_workers_do_not_get_the_same_job) {
  const auto one = driver_->open();
  const auto other = driver_->open();
  put(6);
  std::multiset<std::string> seen;
  while (seen.size() < 6) {
    for (const auto* queue : {&one, &other}) {
      const auto some = (*queue)->take(2, until(kGlance));
      ASSERT_TRUE(some);
      for (const auto& delivery : *some) seen.insert(delivery.body);
    }
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 6U);
  expect_nothing(*one);
  expect_nothing(*other);
}

TEST_P(QueueContract, R6_later_waits_by_the_number_of_tries_with_jitter) {
  const auto queue = driver_->open();
  for (const int attempts : {0, 1, 2, 3, 9}) {
    driver_->put(job("tries-" + std::to_string(attempts), attempts));
  }
  std::vector<Settled> outcomes;
  for (const auto& delivery : take(*queue, 5)) {
    outcomes.push_back(settled(delivery, DeliveryOutcome::kDeferred, "451 try again"));
  }
  settle(*queue, outcomes);
  expect_nothing(*queue);

  const auto deferred = driver_->deferred();
  ASSERT_EQ(deferred.size(), 5U);
  for (const auto& waiting : deferred) {
    const int before = waiting.attempts - 1;
    EXPECT_EQ(waiting.id, "tries-" + std::to_string(before));
    EXPECT_EQ(waiting.body, job(waiting.id).body);
    const auto delay = retry_step(before).delay;
    EXPECT_GE(waiting.delay, delay * 8 / 10) << waiting.id;
    EXPECT_LE(waiting.delay, delay * 11 / 10) << waiting.id;
  }
}

TEST_P(QueueContract, R6_later_comes_again_with_one_try_more) {
  const auto queue = driver_->open();
  driver_->put(job("mail-0"));
  for (int tries = 0; tries < 5; ++tries) {
    const auto taken = take(*queue, 1);
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].attempts, tries);
    EXPECT_EQ(taken[0].body, job("mail-0").body);
    settle(*queue, {settled(taken[0], DeliveryOutcome::kDeferred, "451 try again")});
    driver_->end_delays();
  }
}

TEST_P(QueueContract, R6_a_try_that_does_not_count_costs_the_job_nothing) {
  const auto queue = driver_->open();
  driver_->put(job("mail-0", 2));
  auto outcome =
      settled(take(*queue, 1).at(0), DeliveryOutcome::kDeferred, "no relay can be reached");
  outcome.counts = false;
  settle(*queue, {outcome});
  driver_->end_delays();
  EXPECT_EQ(take(*queue, 1).at(0).attempts, 2);
}

TEST_P(QueueContract, R6_what_waits_for_a_relay_alone_comes_again_at_once) {
  const auto queue = driver_->open();
  driver_->put(job("mail-0", 2));
  auto outcome =
      settled(take(*queue, 1).at(0), DeliveryOutcome::kDeferred, "no relay can be reached");
  outcome.counts = false;
  outcome.retry_after = RetryAfter::kAtOnce;
  settle(*queue, {outcome});
  EXPECT_EQ(take(*queue, 1).at(0).attempts, 2);
}

TEST_P(QueueContract, S1_an_unknown_outcome_waits_for_ten_minutes_and_is_counted_with_the_job) {
  const auto queue = driver_->open();
  driver_->put(job("mail-0"));
  for (int before = 0; before < 2; ++before) {
    const auto taken = take(*queue, 1).at(0);
    EXPECT_EQ(taken.unknown_outcomes, before);
    auto outcome = settled(taken, DeliveryOutcome::kDeferred, "outcome unknown");
    outcome.retry_after = RetryAfter::kUnknownPause;
    settle(*queue, {outcome});
    EXPECT_GE(driver_->deferred().at(0).delay, std::chrono::minutes(10));
    driver_->end_delays();
  }
  const auto taken = take(*queue, 1).at(0);
  EXPECT_EQ(taken.unknown_outcomes, 2);
  EXPECT_EQ(taken.attempts, 2);
  settle(*queue, {settled(taken, DeliveryOutcome::kDeferred, "451")});
  driver_->end_delays();
  EXPECT_EQ(take(*queue, 1).at(0).unknown_outcomes, 2) << "kept by an attempt of another kind";
}

TEST_P(QueueContract, R6_dead_is_kept_with_its_reason) {
  auto queue = driver_->open();
  driver_->put(job("mail-0", 1));
  const auto taken = take(*queue, 1);
  settle(*queue, {settled(taken.at(0), DeliveryOutcome::kFailed, "550 no such mailbox")});
  const auto dead = wait_for_dead(1);
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].id, "mail-0");
  EXPECT_EQ(dead[0].body, job("mail-0").body);
  EXPECT_EQ(dead[0].attempts, 2);
  EXPECT_EQ(dead[0].reason, "550 no such mailbox");
  queue.reset();
  driver_->end_leases();
  queue = driver_->open();
  expect_nothing(*queue);
}

TEST_P(QueueContract, R6_a_mixed_batch_goes_its_three_ways) {
  const auto queue = driver_->open();
  put(9);
  std::vector<Settled> outcomes;
  const std::vector<DeliveryOutcome> ways{DeliveryOutcome::kSent, DeliveryOutcome::kDeferred,
                                          DeliveryOutcome::kFailed};
  for (const auto& delivery : take(*queue, 9)) {
    outcomes.push_back(settled(delivery, ways[outcomes.size() % 3], "because"));
  }
  settle(*queue, outcomes);
  expect_nothing(*queue);
  EXPECT_EQ(driver_->deferred().size(), 3U);
  EXPECT_EQ(wait_for_dead(3).size(), 3U);
}

TEST_P(QueueContract, R8_poison_goes_to_the_dead_letters_after_the_delivery_limit) {
  driver_->put(job("poison"));
  for (int tries = 0; tries < driver_->delivery_limit(); ++tries) {
    auto queue = driver_->open();
    ASSERT_EQ(take(*queue, 1).size(), 1U) << "try " << tries;
    queue.reset();  // the worker dies of it
    driver_->end_leases();
  }
  auto queue = driver_->open();
  auto last = queue->take(1, until(kGlance));
  ASSERT_TRUE(last);
  queue.reset();
  driver_->end_leases();
  const auto dead = wait_for_dead(1);
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].body, job("poison").body);
  EXPECT_THAT(dead[0].reason, ::testing::HasSubstr("delivery"));
  queue = driver_->open();
  expect_nothing(*queue);
}

TEST_P(QueueContract, R6_a_worker_that_died_costs_the_job_no_step_of_its_back_off) {
  driver_->put(job("mail-0"));
  for (int deaths = 0; deaths < 3; ++deaths) {
    auto queue = driver_->open();
    EXPECT_EQ(take(*queue, 1).at(0).attempts, 0) << deaths;
    queue.reset();
    driver_->end_leases();
  }
  const auto queue = driver_->open();
  settle(*queue, {settled(take(*queue, 1).at(0), DeliveryOutcome::kDeferred, "451 try again")});
  const auto deferred = driver_->deferred();
  ASSERT_EQ(deferred.size(), 1U);
  EXPECT_EQ(deferred[0].attempts, 1);
  EXPECT_LE(deferred[0].delay, retry_step(0).delay * 11 / 10);
}

TEST_P(QueueContract, R8_a_job_that_was_deferred_since_is_no_poison) {
  driver_->put(job("mail-0"));
  for (int round = 0; round < 2; ++round) {
    for (int deaths = 0; deaths < driver_->delivery_limit() - 1; ++deaths) {
      auto queue = driver_->open();
      EXPECT_EQ(take(*queue, 1).at(0).attempts, round);
      queue.reset();
      driver_->end_leases();
    }
    const auto queue = driver_->open();
    settle(*queue, {settled(take(*queue, 1).at(0), DeliveryOutcome::kDeferred, "451 try again")});
    driver_->end_delays();
  }
  EXPECT_TRUE(driver_->dead().empty());
}

TEST_P(QueueContract, R8_a_body_that_is_no_job_is_delivered_and_can_be_dead_lettered) {
  const auto queue = driver_->open();
  auto row = job("garbage");
  row.body = driver_->unreadable_body();
  driver_->put(row);
  const auto taken = take(*queue, 1);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].body, row.body);
  auto outcome = settled(taken[0], DeliveryOutcome::kFailed, "bad_job");
  outcome.mail_id = outcome.kind = outcome.account_id = "";
  settle(*queue, {outcome});
  EXPECT_EQ(wait_for_dead(1).at(0).body, row.body);
}

TEST_P(QueueContract, settling_twice_in_one_call_counts_once) {
  const auto queue = driver_->open();
  put(2);
  const auto taken = take(*queue, 2);
  const auto outcome = settled(taken[0], DeliveryOutcome::kDeferred, "451");
  (void)queue->settle(std::vector<Settled>{outcome, outcome});
  EXPECT_EQ(driver_->deferred().size(), 1U);
}

}  // namespace postern
