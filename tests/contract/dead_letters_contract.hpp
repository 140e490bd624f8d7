// What an operator may rely on with the dead letters of every mail queue, as one suite for all
// kinds.
//
// A test file includes this and says once:
//   INSTANTIATE_TEST_SUITE_P(Kind, DeadLettersContract, testing::Values(QueueDriverFactory(...)));
#pragma once

#include "base/limits.hpp"
#include "contract/queue_driver.hpp"
#include "queue/job_codec.hpp"

namespace postern {

class DeadLettersContract : public QueueContract {
 protected:
  using Choice = DeadLetters::Choice;

  /// An id of the form that accounts have, another one for each mail.
  static std::string account_of(const std::string& mail_id) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string tail;
    for (const char c : mail_id.substr(mail_id.size() - std::min<std::size_t>(mail_id.size(), 6))) {
      const auto byte = static_cast<unsigned char>(c);
      tail += {kHex[byte >> 4], kHex[byte & 15]};
    }
    return "019aa0c4-7c1b-7def-8123-" + std::string(12 - tail.size(), '0') + tail;
  }

  static MailJob mail_job(const std::string& id) {
    const TimePoint then = from_unix_ms(1'700'000'000'000);
    return {.mail_id = id,
            .kind = MailKind::kRecover,
            .account_id = account_of(id),
            .email = "anna@example.com",
            .locale = "ru",
            .credential_version = 3,
            .requested_at = then,
            .expires_at = then + std::chrono::hours(24),
            .return_to = "https://app.example.com/"};
  }

  /// Puts a job there, and has it given up with `reason`.
  void dead_letter(MailQueue& queue, const OutboxRow& row, const std::string& reason) {
    driver_->put(row);
    settle(queue, {settled(take(queue, 1).at(0), DeliveryOutcome::kFailed, reason)});
  }

  void dead_letter(const std::string& id, const std::string& reason) {
    OutboxRow row = job(id);
    row.kind = "recover";
    row.account_id = account_of(id);
    row.body = encode_mail_job(mail_job(id));
    const auto queue = driver_->open();
    dead_letter(*queue, row, reason);
  }

  std::vector<DeadLetter> list(std::size_t limit = 1000) {
    auto found = driver_->open_dead_letters()->list(limit);
    EXPECT_TRUE(found) << found.error().cause;
    return found ? *found : std::vector<DeadLetter>();
  }

  std::vector<std::string> ids(std::size_t limit = 1000) {
    std::vector<std::string> all;
    for (const auto& letter : list(limit)) all.push_back(letter.id);
    return all;
  }

  Replayed replay(const Choice& choice) {
    auto replayed = driver_->open_dead_letters()->replay(choice);
    EXPECT_TRUE(replayed) << replayed.error().cause;
    return replayed ? *replayed : Replayed();
  }

  std::size_t drop(const Choice& choice) {
    const auto dropped = driver_->open_dead_letters()->drop(choice);
    EXPECT_TRUE(dropped) << dropped.error().cause;
    return dropped ? *dropped : 0;
  }

  static bool all(const DeadLetter&) { return true; }
  static Choice has_id(const std::string& id) {
    return [id](const DeadLetter& letter) { return letter.id == id; };
  }
};

TEST_P(DeadLettersContract, R6_a_dead_letter_tells_who_why_and_since_when) {
  dead_letter("mail-a", "550 no such mailbox");
  const auto letters = list();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].id, "mail-a");
  EXPECT_EQ(letters[0].kind, "recover");
  EXPECT_EQ(letters[0].account_id, this->account_of("mail-a"));
  EXPECT_EQ(letters[0].email, "anna@example.com");
  EXPECT_EQ(letters[0].reason, "550 no such mailbox");
  EXPECT_EQ(letters[0].tries, 1);
  EXPECT_TRUE(letters[0].died_at);
}

TEST_P(DeadLettersContract, looking_changes_nothing) {
  std::vector<std::string> expected;
  for (int i = 10; i < 30; ++i) {
    expected.push_back("mail-" + std::to_string(i));
    dead_letter(expected.back(), "550 no");
  }
  // More often than the queue lets a worker take a job.
  for (int i = 0; i <= limits::kDeliveryLimit; ++i) ASSERT_EQ(ids(), expected) << "look " << i;
  EXPECT_EQ(ids(3), std::vector<std::string>(expected.begin(), expected.begin() + 3));
  EXPECT_EQ(ids(), expected);
  EXPECT_TRUE(ids(0).empty());
  EXPECT_EQ(driver_->count().dead, 20);
}

TEST_P(DeadLettersContract, nothing_is_dead) {
  EXPECT_TRUE(list().empty());
  EXPECT_TRUE(replay(all).queued.empty());
  EXPECT_EQ(drop(all), 0U);
}

TEST_P(DeadLettersContract, R6_a_replayed_letter_has_a_fresh_life_and_nothing_else_new) {
  dead_letter("mail-a", "550 no such mailbox");
  dead_letter("mail-b", "550 no such mailbox");
  const auto replayed = replay(has_id("mail-b"));
  ASSERT_EQ(replayed.queued.size(), 1U);
  EXPECT_EQ(replayed.queued[0].mail_id, "mail-b");
  EXPECT_EQ(replayed.queued[0].account_id, this->account_of("mail-b"));
  EXPECT_EQ(replayed.queued[0].outcome, std::nullopt);
  EXPECT_EQ(ids(), std::vector<std::string>{"mail-a"});

  const auto queue = driver_->open();
  const auto taken = take(*queue, 1).at(0);
  EXPECT_EQ(taken.attempts, 0);
  const auto renewed = decode_mail_job(taken.body);
  ASSERT_TRUE(renewed) << renewed.error().cause;
  const auto before = mail_job("mail-b");
  EXPECT_GT(renewed->requested_at, before.requested_at);
  EXPECT_EQ(renewed->expires_at - renewed->requested_at, Duration(limits::kMailJobLife));
  auto expected = before;
  expected.requested_at = renewed->requested_at;
  expected.expires_at = renewed->expires_at;
  EXPECT_EQ(taken.body, encode_mail_job(expected));
}

TEST_P(DeadLettersContract, R6_a_replayed_letter_may_die_again) {
  dead_letter("mail-a", "550 no such mailbox");
  ASSERT_EQ(replay(all).queued.size(), 1U);
  {
    const auto queue = driver_->open();
    settle(*queue, {settled(take(*queue, 1).at(0), DeliveryOutcome::kFailed, "554 not today")});
  }
  const auto letters = list();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].reason, "554 not today");
  EXPECT_EQ(letters[0].tries, 1);
}

TEST_P(DeadLettersContract, R6_letters_are_chosen_by_their_reason) {
  dead_letter("mail-a", "550 no such mailbox");
  dead_letter("mail-b", "554 spam");
  dead_letter("mail-c", "550 no such mailbox");
  EXPECT_EQ(replay([](const auto& letter) {
              return letter.reason.find("mailbox") != std::string::npos;
            }).queued.size(),
            2U);
  EXPECT_EQ(ids(), std::vector<std::string>{"mail-b"});
  const auto queue = driver_->open();
  EXPECT_EQ(take(*queue, 2).size(), 2U);
  expect_nothing(*queue);
}

TEST_P(DeadLettersContract, R8_dropped_letters_are_gone_and_the_others_stay) {
  for (const auto* id : {"mail-a", "mail-b", "mail-c"}) dead_letter(id, "550 no");
  EXPECT_EQ(drop(has_id("mail-b")), 1U);
  EXPECT_EQ(ids(), (std::vector<std::string>{"mail-a", "mail-c"}));
  EXPECT_EQ(drop(has_id("mail-b")), 0U);
  EXPECT_EQ(drop(all), 2U);
  EXPECT_TRUE(list().empty());
  const auto queue = driver_->open();
  expect_nothing(*queue);
}

TEST_P(DeadLettersContract, R8_what_no_worker_can_read_is_shown_left_and_can_be_dropped) {
  {
    const auto queue = driver_->open();
    auto row = job("garbage");
    row.body = "not { json";
    dead_letter(*queue, row, "bad_job: not a JSON object");
  }
  const auto letters = list();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].id, "garbage");
  EXPECT_EQ(letters[0].email, "");
  EXPECT_EQ(letters[0].reason, "bad_job: not a JSON object");
  const auto replayed = replay(all);
  EXPECT_TRUE(replayed.queued.empty());
  EXPECT_EQ(replayed.unreadable, 1U);
  EXPECT_EQ(ids(), std::vector<std::string>{"garbage"});
  EXPECT_EQ(drop(all), 1U);
  EXPECT_TRUE(list().empty());
}

TEST_P(DeadLettersContract, R8_poison_is_among_the_dead_letters_with_its_reason) {
  driver_->put(job("poison"));
  for (int tries = 0; tries <= driver_->delivery_limit(); ++tries) {
    auto queue = driver_->open();
    (void)queue->take(1, until(tries < driver_->delivery_limit() ? kPatience : kGlance));
    queue.reset();  // the worker dies of it
    driver_->end_leases();
  }
  wait_for_dead(1);
  const auto letters = list();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].id, "poison");
  EXPECT_THAT(letters[0].reason, ::testing::HasSubstr("delivery"));
  EXPECT_TRUE(letters[0].died_at);
  EXPECT_EQ(replay(all).queued.size(), 1U);
  EXPECT_EQ(take(*driver_->open(), 1).size(), 1U) << "its deliveries are counted anew";
}

TEST_P(DeadLettersContract, R6_more_than_one_batch) {
  constexpr std::size_t kLetters = limits::kDeadLetterBatch + 20;
  {
    const auto queue = driver_->open();
    std::vector<Settled> outcomes;
    for (std::size_t i = 0; i < kLetters; ++i) {
      driver_->put(job("mail-" + std::to_string(1000 + i)));
      for (const auto& delivery : take(*queue, 1)) {
        outcomes.push_back(settled(delivery, DeliveryOutcome::kFailed, "550 no"));
      }
      if (outcomes.size() < 32 && i + 1 < kLetters) continue;
      settle(*queue, outcomes);
      outcomes.clear();
    }
  }
  EXPECT_EQ(list().size(), kLetters);
  EXPECT_EQ(driver_->count().dead, static_cast<std::int64_t>(kLetters));
  EXPECT_EQ(drop([](const auto& letter) { return letter.id.ends_with('7'); }), 27U);
  const auto rest = ids();
  EXPECT_EQ(rest.size(), kLetters - 27);
  EXPECT_TRUE(std::is_sorted(rest.begin(), rest.end())) << "the oldest are the first";
  EXPECT_EQ(replay(all).queued.size(), kLetters - 27);
  const auto counts = driver_->count();
  EXPECT_EQ(counts.dead, 0);
  EXPECT_EQ(counts.waiting, static_cast<std::int64_t>(kLetters) - 27);
}

TEST_P(DeadLettersContract, the_counts_tell_where_letters_are) {
  const auto queue = driver_->open();
  for (const auto* id : {"wait-1", "wait-2", "later-0"}) driver_->put(job(id));
  driver_->put(job("later-3", 3));
  std::vector<Settled> outcomes;
  for (const auto& delivery : take(*queue, 4)) {
    const bool later = delivery.body.find("later") != std::string::npos;
    if (later) outcomes.push_back(settled(delivery, DeliveryOutcome::kDeferred, "451 later"));
  }
  settle(*queue, outcomes);
  auto counts = driver_->count();
  EXPECT_EQ(counts.waiting, 0);
  EXPECT_EQ(counts.in_flight.value_or(2), 2);
  EXPECT_EQ(counts.workers.value_or(1), 1);
  EXPECT_EQ(counts.retry, (std::vector<std::int64_t>{1, 0, 0, 1}));
  EXPECT_EQ(counts.dead, 0);
}

}  // namespace postern
