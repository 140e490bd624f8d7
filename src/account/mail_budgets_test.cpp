#include "account/mail_budgets.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kNow = TimePoint(Duration(1'795'361'400'000));

RateKey key(const std::string& text) { return std::hash<std::string>()(text) | 1; }

TEST(KeyedRates, L6_a_burst_passes_then_room_comes_back_evenly) {
  KeyedRates rate({{3, hours(1)}}, 10);
  const auto pass = [&](TimePoint now) {
    int passed = 0;
    for (int i = 0; i < 5; ++i) {
      if (!rate.has_room(key("a"), now)) continue;
      rate.count(key("a"), now);
      ++passed;
    }
    return passed;
  };
  EXPECT_EQ(pass(kNow), 3);
  EXPECT_EQ(pass(kNow + minutes(19)), 0);
  EXPECT_EQ(pass(kNow + minutes(20)), 1);
  EXPECT_EQ(pass(kNow + hours(2)), 3);
  EXPECT_EQ(pass(kNow - hours(48)), 3) << "a clock that was set back begins anew";
  EXPECT_TRUE(rate.has_room(key("b"), kNow));
}

TEST(KeyedRates, L6_what_is_given_back_is_room_again) {
  KeyedRates rate({{2, hours(1)}}, 10);
  rate.give_back(key("unknown"));
  for (int i = 0; i < 2; ++i) rate.count(key("a"), kNow);
  EXPECT_FALSE(rate.has_room(key("a"), kNow));
  rate.give_back(key("a"));
  EXPECT_TRUE(rate.has_room(key("a"), kNow));
  rate.count(key("a"), kNow);
  EXPECT_FALSE(rate.has_room(key("a"), kNow));
}

TEST(KeyedRates, L6_memory_is_bounded_and_exhausted_keys_are_not_forgotten) {
  KeyedRates rate({{2, hours(1)}}, 64);
  for (int i = 0; i < 2; ++i) rate.count(key("exhausted"), kNow);
  for (int i = 0; i < 10'000; ++i) {
    rate.count(key(std::to_string(i)), kNow);
    ASSERT_LE(rate.capacity(), 64u);
  }
  EXPECT_FALSE(rate.has_room(key("exhausted"), kNow));
}

TEST(KeyedRates, L6_within_its_memory_no_key_is_forgotten) {
  KeyedRates rate({{1, hours(1)}}, 65'536);
  for (int i = 0; i < 4000; ++i) rate.count(key(std::to_string(i)), kNow);
  for (int i = 0; i < 4000; ++i) {
    ASSERT_FALSE(rate.has_room(key(std::to_string(i)), kNow)) << i;
    ASSERT_TRUE(rate.has_room(key(std::to_string(i)), kNow + hours(1))) << i;
  }
}

TEST(KeyedRates, L6_what_has_expired_gives_its_place_away) {
  KeyedRates rate({{1, hours(1)}}, 65'536);
  for (int hour = 0; hour < 100; ++hour) {
    for (int i = 0; i < 200; ++i)
      rate.count(key(std::to_string(1000 * hour + i)), kNow + hours(2 * hour));
  }
  EXPECT_LE(rate.capacity(), 4096u);
}

TEST(KeyedRates, L6_an_event_needs_room_in_every_rate) {
  KeyedRates rates({{2, hours(1)}, {3, hours(24)}}, 64);
  const auto pass = [&](TimePoint now) {
    if (!rates.has_room(key("a"), now)) return false;
    rates.count(key("a"), now);
    return true;
  };
  EXPECT_TRUE(pass(kNow));
  EXPECT_TRUE(pass(kNow));
  EXPECT_FALSE(pass(kNow)) << "two an hour";
  EXPECT_TRUE(pass(kNow + minutes(30)));
  EXPECT_FALSE(pass(kNow + hours(2))) << "three a day";
  EXPECT_TRUE(pass(kNow + hours(8)));
  for (int i = 0; i < 1000; ++i) rates.count(key(std::to_string(i)), kNow + hours(8));
  EXPECT_FALSE(rates.has_room(key("a"), kNow + hours(9))) << "outlives those with more of a burst";
}

TEST(MailBudgets, mailboxes) {
  EXPECT_EQ(mailbox_of("anna@example.com"), "anna@example.com");
  EXPECT_EQ(mailbox_of("an.na+shop+2@example.com"), "anna@example.com");
  EXPECT_EQ(mailbox_of("anna@googlemail.com"), "anna@gmail.com");
  EXPECT_EQ(mailbox_of("+tag@example.com"), "@example.com");
}

class Budgets : public testing::Test {
 protected:
  MailLimit ask(const std::string& email, const std::string& client, bool has_account = false) {
    return budgets_.take({email, client, has_account}, kNow);
  }

  MailBudgets budgets_{MailRates{.recipient = {{3, hours(1)}},
                                 .mailbox = {{6, hours(1)}, {7, hours(24)}},
                                 .domain = {{20, hours(1)}},
                                 .client = {{10, hours(1)}}}};
};

TEST_F(Budgets, L2_a_recipient_has_one_limit_for_all_who_ask) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(ask("anna@example.com", std::to_string(i)), MailLimit::kNone);
  EXPECT_EQ(ask("anna@example.com", "another"), MailLimit::kRecipient);
  EXPECT_EQ(ask("anna@example.com", "another", true), MailLimit::kNone) << "its account counts";
  EXPECT_EQ(ask("boris@example.com", "another"), MailLimit::kNone);
  EXPECT_EQ(budgets_.held()[static_cast<std::size_t>(MailLimit::kRecipient)], 1u);
}

TEST_F(Budgets, A5_tags_and_dots_reach_one_mailbox_only_so_often) {
  int sent = 0;
  for (int i = 1; i <= 200; ++i) {
    const auto email = (i % 2 ? "v+" : "v.+") + std::to_string(i) + "@example.com";
    sent += ask(email, std::to_string(i)) == MailLimit::kNone ? 1 : 0;
  }
  EXPECT_EQ(sent, 6);
}

TEST_F(Budgets, L2_a_client_and_a_domain_have_limits_of_their_own) {
  int sent = 0;
  for (int i = 0; i < 15; ++i) {
    sent +=
        ask(std::to_string(i) + "@a" + std::to_string(i) + ".example", "one") == MailLimit::kNone;
  }
  EXPECT_EQ(sent, 10);
  sent = 0;
  for (int i = 0; i < 30; ++i) {
    sent += ask(std::to_string(i) + "@example.com", std::to_string(i)) == MailLimit::kNone;
  }
  EXPECT_EQ(sent, 20);
  EXPECT_EQ(ask("anna@example.org", ""), MailLimit::kNone) << "an operator has no client network";
}

TEST(MailCeiling, L2_is_over_all_emails_and_holds_back_no_recovery) {
  MailBudgets budgets(MailRates{.total = {{5, hours(1)}}});
  const auto ask = [&](int number, TimePoint now) {
    const auto name = std::to_string(number);
    return budgets.take({name + "@" + name + ".example", name}, now);
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(i, kNow), MailLimit::kNone);
  for (int i = 0; i < 10; ++i) budgets.count_recovery(kNow);
  EXPECT_EQ(ask(3, kNow), MailLimit::kTotal) << "recoveries count";
  EXPECT_EQ(budgets.held()[static_cast<std::size_t>(MailLimit::kTotal)], 1u);
  EXPECT_EQ(ask(4, kNow + minutes(11)), MailLimit::kTotal);
  EXPECT_EQ(ask(4, kNow + minutes(12)), MailLimit::kNone);
}

TEST_F(Budgets, L7_a_burst_of_one_client_is_bulk_and_another_client_is_not) {
  int first = 0;
  while (first < 1000 && !budgets_.is_bulk("one", kNow)) ++first;
  EXPECT_EQ(first, 30);
  EXPECT_FALSE(budgets_.is_bulk("two", kNow));
  EXPECT_FALSE(budgets_.is_bulk("one", kNow + std::chrono::seconds(1)));
  EXPECT_EQ(budgets_.bulk(), 1u);
}

}  // namespace
}  // namespace postern
