#include "worker/dispatcher.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace postern {
namespace {

using std::chrono::seconds;

constexpr std::size_t kSenders = 4;

class DispatcherTest : public ::testing::Test {
 protected:
  PendingMail make_mail(std::uint64_t tag, const std::string& domain = "example.com") {
    PendingMail mail;
    mail.tag = tag;
    mail.job.email = "anna@" + domain;
    mail.taken_at = now_;
    return mail;
  }

  void put(std::uint64_t tag, const std::string& domain = "example.com") {
    dispatcher_.put(make_mail(tag, domain));
  }

  PendingMail begin() {
    auto begun = dispatcher_.next(now_);
    EXPECT_TRUE(begun);
    return begun ? *begun : PendingMail{};
  }

  bool finish(const PendingMail& mail) {
    Settled settled;
    settled.tag = mail.tag;
    return dispatcher_.finish(mail, settled, now_);
  }

  SteadyTime now_{std::chrono::hours(1)};
  Dispatcher dispatcher_{kSenders};
};

TEST_F(DispatcherTest, emails_are_begun_in_their_order_and_collected_when_finished) {
  put(1);
  put(2);
  const auto first = begin();
  const auto second = begin();
  EXPECT_EQ(first.tag, 1U);
  EXPECT_FALSE(dispatcher_.next(now_)) << "there are only two";
  EXPECT_FALSE(finish(second)) << "no call waits for the queue";
  const auto settled = dispatcher_.collect(1, now_);
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].tag, 2U);
}

TEST_F(DispatcherTest, who_waits_for_the_queue_is_woken_by_the_first_outcome_only) {
  put(1);
  put(2);
  const auto first = begin();
  const auto second = begin();
  EXPECT_TRUE(dispatcher_.begin_take());
  EXPECT_TRUE(finish(first));
  EXPECT_FALSE(finish(second));
  EXPECT_FALSE(dispatcher_.begin_take()) << "there is something to settle first";
}

TEST_F(DispatcherTest, R7_a_slow_domain_gets_half_of_the_senders_and_the_others_get_theirs) {
  for (std::uint64_t tag = 1; tag <= 5; ++tag) put(tag, "tar.example");
  const auto stuck = begin();
  begin();
  now_ += limits::kSlowMail + seconds(1);
  EXPECT_FALSE(dispatcher_.next(now_)) << "two of four senders are enough for a tarpit";
  put(9);
  EXPECT_EQ(begin().tag, 9U) << "another domain passes";
  finish(stuck);
  EXPECT_EQ(begin().tag, 3U) << "a place is free";
  EXPECT_FALSE(dispatcher_.next(now_)) << "slow lately: still no more than half";
}

TEST_F(DispatcherTest, R7_an_email_is_not_slow_for_what_the_one_before_it_in_its_sender_took) {
  put(1, "tar.example");
  put(2);
  const auto stuck = begin();
  const auto announced = dispatcher_.next(now_, false);
  ASSERT_TRUE(announced);
  now_ += limits::kSlowMail + seconds(1);
  finish(stuck);
  dispatcher_.turn(*announced, now_);
  finish(*announced);
  for (std::uint64_t tag = 11; tag < 11 + kSenders; ++tag) put(tag);
  for (std::uint64_t tag = 11; tag < 11 + kSenders; ++tag) EXPECT_EQ(begin().tag, tag);
}

TEST_F(DispatcherTest, R7_a_quick_domain_gets_all_senders) {
  for (std::uint64_t tag = 1; tag <= kSenders; ++tag) put(tag);
  for (std::uint64_t tag = 1; tag <= kSenders; ++tag) EXPECT_EQ(begin().tag, tag);
}

TEST_F(DispatcherTest, R7_a_full_dispatcher_gives_back_what_a_slow_domain_holds_up) {
  for (std::uint64_t tag = 1; tag <= 2 * kSenders; ++tag) put(tag, "tar.example");
  begin();
  begin();
  EXPECT_TRUE(dispatcher_.held_up(now_).empty()) << "it is not known yet that it is slow";
  now_ += limits::kSlowMail + seconds(1);
  EXPECT_EQ(dispatcher_.held_up(now_).size(), 2 * kSenders - 2);
}

TEST_F(DispatcherTest, L7_what_is_urgent_is_begun_first_and_finds_room_where_bulk_has_filled_all) {
  const auto put_bulk = [this](std::uint64_t tag) {
    auto bulk = make_mail(tag);
    bulk.priority = MailPriority::kBulk;
    dispatcher_.put(bulk);
  };
  for (std::uint64_t tag = 1; tag <= 2 * kSenders; ++tag) put_bulk(tag);
  EXPECT_EQ(dispatcher_.room(now_).any, 0U);
  EXPECT_EQ(dispatcher_.room(now_).urgent, kSenders);
  put(21);
  auto urgent = make_mail(22);
  urgent.priority = MailPriority::kUrgent;
  dispatcher_.put(urgent);
  EXPECT_EQ(dispatcher_.room(now_).urgent, kSenders - 2);
  EXPECT_EQ(begin().tag, 22U);
  EXPECT_EQ(begin().tag, 21U);
  EXPECT_EQ(begin().tag, 1U);
}

TEST_F(DispatcherTest, L7_bulk_moves_on_however_much_is_more_urgent) {
  auto bulk = make_mail(1);
  bulk.priority = MailPriority::kBulk;
  dispatcher_.put(bulk);
  std::uint64_t tag = 1;
  do {
    put(++tag);
    ASSERT_LE(tag, 2 * limits::kBulkTurn) << "it starves";
  } while (begin().tag != 1);
}

TEST_F(DispatcherTest, R7_an_email_that_no_sender_begins_goes_back) {
  put(1);
  EXPECT_TRUE(dispatcher_.held_up(now_ + limits::kMailWaits).empty());
  EXPECT_EQ(dispatcher_.held_up(now_ + limits::kMailWaits + seconds(1)).size(), 1U);
}

TEST_F(DispatcherTest, the_dispatcher_grows_with_what_is_sent_and_never_over_its_limit) {
  EXPECT_EQ(dispatcher_.room(now_).any, 2 * kSenders);
  for (std::uint64_t tag = 1; tag <= 1000; ++tag) {
    put(tag);
    finish(begin());
    dispatcher_.collect(1, now_);
  }
  EXPECT_EQ(dispatcher_.room(now_).any, limits::kMailsInFlight);
  EXPECT_EQ(dispatcher_.room(now_ + seconds(3)).any, 2 * kSenders) << "nothing was sent lately";
}

TEST_F(DispatcherTest, after_the_end_nothing_is_begun_and_no_call_waits) {
  put(1);
  dispatcher_.close();
  EXPECT_FALSE(dispatcher_.wait(now_, SteadyTime::max()));
  EXPECT_FALSE(dispatcher_.next(now_));
  EXPECT_TRUE(dispatcher_.collect(5, SteadyTime::max()).empty());
  EXPECT_EQ(dispatcher_.take_waiting().size(), 1U);
}

TEST_F(DispatcherTest, R7_a_further_sender_serves_for_each_email_that_takes_long) {
  Dispatcher dispatcher(2, 2);
  dispatcher.put(make_mail(1, "tar.example"));
  dispatcher.put(make_mail(2));
  const auto stuck = dispatcher.next(now_);
  ASSERT_TRUE(stuck);
  EXPECT_TRUE(dispatcher.may_serve(0, now_));
  EXPECT_TRUE(dispatcher.may_serve(1, now_));
  EXPECT_FALSE(dispatcher.may_serve(2, now_));
  now_ += limits::kSlowSender + seconds(1);
  EXPECT_TRUE(dispatcher.may_serve(2, now_));
  EXPECT_FALSE(dispatcher.may_serve(3, now_));
  EXPECT_FALSE(dispatcher.finish(*stuck, {}, now_));
  EXPECT_FALSE(dispatcher.may_serve(2, now_)) << "it has ended";
}

TEST_F(DispatcherTest, what_is_given_back_is_the_next_to_be_begun) {
  put(1);
  put(2);
  const auto first = begin();
  dispatcher_.give_back(first, now_);
  EXPECT_EQ(begin().tag, 1U);
  EXPECT_EQ(begin().tag, 2U);
}

}  // namespace
}  // namespace postern
