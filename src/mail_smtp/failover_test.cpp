// Two relays: which of them gets an email.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "mail_smtp/mailer_fixture_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kSent = DeliveryOutcome::kSent;
constexpr RelayHold kForLong = {1h, 1h};
constexpr RelayHold kNotAtAll = {0ms, 0ms};

class FailoverTest : public SmtpMailerTest {
 protected:
  std::vector<SmtpOptions> relays(const FakeServer& a, const FakeServer& b) {
    std::vector<SmtpOptions> both = {with_login(options(a)), with_login(options(b))};
    for (SmtpOptions& relay : both)
      relay.timeouts.greeting = relay.timeouts.command = relay.timeouts.data = 300ms;
    return both;
  }

  FakeScript refusing_login(int times) {
    FakeScript fake = script();
    fake.replies["AUTH"].assign(static_cast<std::size_t>(times), "535 5.7.8 no");
    return fake;
  }

  static int count(FakeServer& server, int connection, const std::string& start) {
    const auto lines = server.lines(connection);
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.starts_with(start);
    }));
  }
};

TEST_F(FailoverTest, the_next_relay_takes_the_same_email_at_once) {
  FakeServer a(refusing_login(1));
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  for (const DeliveryReport& report : mailer.send_all({make_mail(), make_mail(), make_mail()}))
    EXPECT_EQ(report.outcome, kSent) << report.reason;
  EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_EQ(a.connections(), 1);
  EXPECT_EQ(b.connections(), 1);
  EXPECT_EQ(b.messages().size(), 4u);
  EXPECT_TRUE(mailer.relays().states()[0].held_back);
  EXPECT_EQ(mailer.relays().states()[0].reason, "AUTH: 535 5.7.8");
  EXPECT_LE(mailer.mailer().ready_at(), steady_clock::now());
}

TEST_F(FailoverTest, whatever_is_wrong_with_the_first_relay) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"greeting", "421 busy"},
      {"greeting", std::string(kDrop)},
      {"EHLO", "502 what"},
      {"STARTTLS", "454 not now"},
      {"AUTH", "421 too many"},
      {"MAIL", "421 later"},
      {"MAIL", "553 5.7.1 sender not yours"},
      {"RCPT", "554 5.7.1 Relay access denied"},
      {".", "554 5.2.252 SendAsDenied"}};
  for (const auto& [verb, reply] : faults) {
    FakeScript fake = script();
    fake.replies[verb] = {reply};
    FakeServer a(fake);
    FakeServer b(script());
    MailerWithRelays mailer(relays(a, b), kForLong);
    EXPECT_EQ(mailer.send(make_mail()).outcome, kSent) << verb << " " << reply;
    EXPECT_EQ(b.messages().size(), 1u) << verb << " " << reply;
    EXPECT_TRUE(verb == "." || a.messages().empty());
    EXPECT_TRUE(mailer.relays().states()[0].held_back) << verb << " " << reply;
  }
}

TEST_F(FailoverTest, R7_a_tarpit_is_a_fault_too) {
  for (const std::string_view behaviour : {kSilence, kDrip}) {
    FakeScript fake = script();
    fake.replies["greeting"] = {std::string(behaviour)};
    FakeServer a(fake);
    FakeServer b(script());
    MailerWithRelays mailer(relays(a, b), kForLong);
    const auto begin = steady_clock::now();
    for (const DeliveryReport& report : mailer.send_all({make_mail(), make_mail()}))
      EXPECT_EQ(report.outcome, kSent) << report.reason;
    EXPECT_LT(steady_clock::now() - begin, 3s);
    EXPECT_EQ(a.connections(), 1);
    EXPECT_EQ(mailer.relays().states()[0].reason, "greeting: timed out");
  }
}

TEST_F(FailoverTest, back_to_the_first_relay_when_it_has_healed) {
  FakeServer a(refusing_login(2));
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kNotAtAll);
  // Refused; probed and refused, on the connection to the other that is still warm; healed.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_EQ(a.connections(), 3);
  EXPECT_EQ(a.messages().size(), 2u);
  EXPECT_EQ(b.connections(), 1);
  EXPECT_EQ(b.messages().size(), 2u);
  EXPECT_EQ(count(b, 1, "QUIT"), 1);
  EXPECT_FALSE(mailer.relays().states()[0].held_back);
}

TEST_F(FailoverTest, back_to_the_first_relay_between_emails_of_one_source) {
  FakeServer a(refusing_login(1));
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kNotAtAll);
  for (const DeliveryReport& report : mailer.send_all({make_mail(), make_mail(), make_mail()}))
    EXPECT_EQ(report.outcome, kSent) << report.reason;
  EXPECT_EQ(b.messages().size(), 1u);
  EXPECT_EQ(count(b, 1, "MAIL"), 1);
  EXPECT_EQ(a.messages().size(), 2u);
}

TEST_F(FailoverTest, all_move_back_once_one_of_them_has_found_the_relay_healed) {
  FakeServer a(refusing_login(1));
  FakeServer b(script());
  Logger log(LogLevel::kOff, LogFormat::kText);
  RelayPool pool(relays(a, b), log, kNotAtAll);
  const auto send = [](SmtpMailer& mailer) {
    ListedMails source({make_mail()});
    mailer.deliver(source);
    return source.reports().at(0).outcome;
  };
  SmtpMailer one(pool);
  SmtpMailer other(pool);
  EXPECT_EQ(send(one), kSent);
  ASSERT_EQ(b.messages().size(), 1u);
  {
    // A trial is under way: until it ends the other mailer stays away.
    std::optional<RelayTurn> probe = pool.pick(steady_clock::now());
    ASSERT_TRUE(probe->is_trial());
    EXPECT_EQ(send(other), kSent);
    EXPECT_EQ(a.connections(), 1);
    EXPECT_EQ(b.messages().size(), 2u);
    probe->worked();
  }
  EXPECT_EQ(send(one), kSent);
  EXPECT_EQ(send(other), kSent);
  EXPECT_EQ(a.messages().size(), 2u);
  EXPECT_EQ(b.messages().size(), 2u);
  EXPECT_EQ(count(b, 1, "QUIT") + count(b, 2, "QUIT"), 2);
}

TEST_F(FailoverTest, R7_with_all_relays_down_emails_cost_no_try_and_no_connection) {
  FakeServer a(refusing_login(9));
  FakeServer b(refusing_login(9));
  MailerWithRelays mailer(relays(a, b), kForLong);
  const auto reports = mailer.send_all({make_mail(), make_mail(), make_mail()});
  EXPECT_TRUE(relay_failed(reports[0], "AUTH: 535 5.7.8"));
  EXPECT_TRUE(relay_failed(reports[1], "held back: AUTH: 535 5.7.8"));
  EXPECT_TRUE(relay_failed(reports[2], "held back: AUTH: 535 5.7.8"));
  EXPECT_GT(mailer.mailer().ready_at(), steady_clock::now() + 30min);
  EXPECT_EQ(a.connections(), 1);
  EXPECT_EQ(b.connections(), 1);
}

TEST_F(FailoverTest, R5_an_email_of_unknown_outcome_goes_to_no_other_relay) {
  FakeScript fake = script();
  fake.replies["."] = {std::string(kDrop)};
  FakeServer a(fake);
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  const auto reports = mailer.send_all({make_mail(), make_mail()});
  EXPECT_TRUE(outcome_unknown(reports[0]));
  EXPECT_EQ(reports[1].outcome, kSent);
  EXPECT_EQ(a.messages().size(), 2u);
  EXPECT_TRUE(b.messages().empty());
}

TEST_F(FailoverTest,
       R7_a_connection_cut_off_before_the_dot_is_no_fault_and_the_next_relay_takes_it) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {std::string(kDrop)};
  FakeServer a(fake);
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_EQ(b.messages().size(), 1u);
  EXPECT_FALSE(mailer.relays().states()[0].held_back);
}

TEST_F(FailoverTest, S6_a_421_to_one_recipient_is_about_that_one) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"421 4.3.0 Recipient not in route list"};
  FakeServer a(fake);
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "421 4.3.0"));
  EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_FALSE(mailer.relays().states()[0].held_back);
  EXPECT_EQ(b.connections(), 0);
}

TEST_F(FailoverTest, R7_two_jobs_in_a_row_cut_off_on_new_connections_are_a_fault_one_is_not) {
  FakeScript fake = script();
  const std::string drop(kDrop);
  fake.replies["."] = {drop, "", drop, drop, drop, drop};
  FakeServer a(fake);
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  const auto send = [&](const std::string& id) {
    Mail mail = make_mail();
    mail.id = id;
    return mailer.send(mail);
  };
  EXPECT_TRUE(outcome_unknown(send("one")));
  EXPECT_EQ(send("two").outcome, kSent);
  EXPECT_TRUE(outcome_unknown(send("three"))) << "on a connection that has served";
  EXPECT_TRUE(outcome_unknown(send("four")));
  EXPECT_TRUE(outcome_unknown(send("four"))) << "the same job is no further evidence";
  EXPECT_FALSE(mailer.relays().states()[0].held_back);
  EXPECT_TRUE(outcome_unknown(send("five")));
  EXPECT_TRUE(mailer.relays().states()[0].held_back);
  EXPECT_EQ(send("six").outcome, kSent);
  EXPECT_EQ(b.messages().size(), 1u);
}

TEST_F(FailoverTest, S3_the_same_job_twice_does_not_hold_its_relay_back_for_others) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"554 5.7.1 Relay access denied", "554 5.7.1 Relay access denied", ""};
  FakeServer a(fake);
  MailerWithRelays mailer({with_login(options(a))}, {0ms, 0ms});
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "Relay access denied"));
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "Relay access denied"));
  EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_FALSE(mailer.relays().states()[0].held_back);
}

TEST_F(FailoverTest, R6_a_refusal_of_the_email_is_no_fault_of_the_relay) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"550 5.1.1 unknown", "450 4.2.1 full"};
  FakeServer a(fake);
  FakeServer b(script());
  MailerWithRelays mailer(relays(a, b), kForLong);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kDeferred);
  EXPECT_EQ(mailer.send(make_mail()).outcome, kSent);
  EXPECT_EQ(b.connections(), 0);
}

}  // namespace
}  // namespace postern
