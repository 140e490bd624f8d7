// Several emails from one source: what goes out together, and what becomes of each.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "mail_smtp/mailer_fixture_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

constexpr auto kSent = DeliveryOutcome::kSent;
constexpr auto kDeferred = DeliveryOutcome::kDeferred;
constexpr auto kFailed = DeliveryOutcome::kFailed;

class PipeliningTest : public SmtpMailerTest {
 protected:
  static Mail numbered(int number) {
    Mail mail = make_mail("reader" + std::to_string(number) + "@example.net");
    mail.id = "email-" + std::to_string(number);
    return mail;
  }

  static std::vector<Mail> make_mails(int count) {
    std::vector<Mail> mails;
    for (int i = 0; i < count; ++i) mails.push_back(numbered(i));
    return mails;
  }

  static std::vector<DeliveryOutcome> outcomes(const std::vector<DeliveryReport>& reports) {
    std::vector<DeliveryOutcome> all;
    for (const DeliveryReport& report : reports) all.push_back(report.outcome);
    return all;
  }

  /// How often each email has arrived, by its Message-ID.
  static std::map<std::string, int> arrivals(FakeServer& server) {
    std::map<std::string, int> found;
    for (const std::string& message : server.messages()) {
      const std::size_t at = message.find("Message-ID: <");
      if (at == std::string::npos) continue;
      const std::size_t begin = at + std::string("Message-ID: <").size();
      ++found[message.substr(begin, message.find('@', begin) - begin)];
    }
    return found;
  }

  static int count(FakeServer& server, int connection, const std::string& start) {
    const auto lines = server.lines(connection);
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.starts_with(start);
    }));
  }

  static int bursts_until_ready() { return 3; }
};

TEST_F(PipeliningTest, one_write_an_email) {
  FakeServer server(script());
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(outcomes(mailer.send_all(make_mails(10))), std::vector(10, kSent));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(arrivals(server).size(), 10u);
  // The first head alone, then each email with the next one's.
  EXPECT_EQ(server.bursts(1), bursts_until_ready() + 1 + 10);
}

TEST_F(PipeliningTest, without_pipelining_step_by_step) {
  FakeScript fake = script();
  fake.keywords[0] = "8BITMIME";
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(outcomes(mailer.send_all(make_mails(5))), std::vector(5, kSent));
  EXPECT_EQ(server.bursts(1), bursts_until_ready() + 5 * 4);
}

TEST_F(PipeliningTest, no_email_is_announced_that_the_connection_will_not_carry) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  chosen.mails_per_connection = 3;
  MailerWithRelays mailer(chosen);
  EXPECT_EQ(outcomes(mailer.send_all(make_mails(7))), std::vector(7, kSent));
  EXPECT_EQ(server.connections(), 3);
  for (const int connection : {1, 2}) {
    EXPECT_EQ(count(server, connection, "MAIL"), 3);
    EXPECT_EQ(count(server, connection, "QUIT"), 1);
  }
  EXPECT_EQ(count(server, 3, "MAIL"), 1);
}

TEST_F(PipeliningTest, emails_that_must_not_be_sent_are_reported_in_their_order) {
  FakeServer server(script());
  MailerWithRelays mailer(options(server));
  const Mail bad = make_mail("two words@example.net");
  EXPECT_EQ(outcomes(mailer.send_all({bad, numbered(1), bad, bad, numbered(2), bad})),
            (std::vector{kFailed, kSent, kFailed, kFailed, kSent, kFailed}));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(count(server, 1, "MAIL"), 2);
  EXPECT_EQ(server.bursts(1), bursts_until_ready() + 1 + 2);
}

TEST_F(PipeliningTest, an_email_over_the_offered_size_is_not_announced) {
  FakeScript fake = script();
  fake.keywords[1] = "SIZE 5000";
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  std::vector<Mail> mails = make_mails(3);
  mails[1].text = std::string(10'000, 'x');
  const auto reports = mailer.send_all(mails);
  EXPECT_EQ(outcomes(reports), (std::vector{kSent, kFailed, kSent}));
  EXPECT_NE(reports[1].reason.find("larger"), std::string::npos);
  EXPECT_EQ(count(server, 1, "MAIL"), 2);
}

TEST_F(PipeliningTest, R6_a_refused_email_does_not_end_the_one_that_was_announced) {
  for (const std::string reply : {"452 4.3.1 full", "554 5.7.1 spam"}) {
    FakeScript fake = script();
    fake.replies["."] = {"", reply};
    FakeServer server(fake);
    MailerWithRelays mailer(options(server));
    const auto reports = mailer.send_all(make_mails(4));
    EXPECT_EQ(outcomes(reports),
              (std::vector{kSent, reply.starts_with('4') ? kDeferred : kFailed, kSent, kSent}));
    EXPECT_FALSE(reports[1].relay_fault);
    EXPECT_EQ(reports[1].reason, "message: " + reply);
    EXPECT_EQ(count(server, 1, "RSET"), 0);
    EXPECT_EQ(server.bursts(1), bursts_until_ready() + 1 + 4);
  }
}

TEST_F(PipeliningTest, R6_a_503_to_an_announced_email_costs_it_nothing) {
  for (const std::string dot : {"554 5.7.1 spam", "250 2.0.0 queued"}) {
    FakeScript fake = script();
    fake.replies["."] = {dot};
    fake.replies["MAIL"] = {"", "503 5.5.1 one at a time"};
    FakeServer server(fake);
    MailerWithRelays mailer(options(server));
    EXPECT_EQ(outcomes(mailer.send_all(make_mails(4))),
              (std::vector{dot.starts_with('2') ? kSent : kFailed, kSent, kSent, kSent}));
    EXPECT_EQ(server.connections(), 1);
    for (const auto& [id, times] : arrivals(server)) EXPECT_EQ(times, 1) << id;
    EXPECT_EQ(count(server, 1, "RSET"), 1);
    // First and second email, the way back, and from there on emails by themselves.
    EXPECT_EQ(server.bursts(1), bursts_until_ready() + 1 + 1 + 1 + 2 + 2 + 2);
  }
}

TEST_F(PipeliningTest, R6_an_announced_email_gets_the_verdict_that_it_would_get_alone) {
  struct Case {
    std::string verb;
    std::string reply;
    DeliveryOutcome outcome;
    bool relay_fault;
  };
  const std::vector<Case> cases = {
      {"MAIL", "451 4.3.0 later", kDeferred, true},
      {"MAIL", "552 5.3.4 too big", kFailed, false},
      {"MAIL", "553 5.7.1 not yours", kDeferred, true},
      {"MAIL", "421 4.7.0 bye", kDeferred, true},
      {"RCPT", "450 4.2.1 full", kDeferred, false},
      {"RCPT", "550 5.1.1 unknown", kFailed, false},
      {"RCPT", "421 4.7.0 bye", kDeferred, false},
      {"DATA", "451 4.3.0 later", kDeferred, false},
      {"DATA", "554 5.5.1 no", kFailed, false},
      {"DATA", "421 bye", kDeferred, false},
      {".", "452 4.3.1 full", kDeferred, false},
      {".", "554 5.7.1 spam", kFailed, false},
      {".", "bad reply", kDeferred, false},
  };
  for (const Case& c : cases) {
    FakeScript fake = script();
    fake.replies[c.verb] = {"", c.reply};
    // A no to its MAIL is asked for once more.
    if (c.verb == "MAIL") fake.replies[c.verb].push_back(c.reply);
    FakeServer server(fake);
    MailerWithRelays mailer(options(server));
    const auto reports = mailer.send_all(make_mails(3));
    EXPECT_EQ(outcomes(reports), (std::vector{kSent, c.outcome, kSent}))
        << c.verb << " " << c.reply;
    EXPECT_EQ(reports.at(1).relay_fault, c.relay_fault) << c.verb << " " << c.reply;
    for (const auto& [id, times] : arrivals(server)) EXPECT_EQ(times, 1) << c.verb << " " << id;
  }
}

TEST_F(PipeliningTest, R5_a_connection_that_breaks_costs_the_announced_email_nothing) {
  struct Case {
    std::string dot;
    std::string reason;
  };
  for (const Case& c : {Case{std::string(kDrop), "outcome unknown: after the final dot"},
                        Case{"421 4.3.2 going down", "message: 421 4.3.2 going down"}}) {
    for (const bool first : {true, false}) {
      FakeScript fake = script();
      fake.replies["."] = {c.dot};
      if (!first) fake.replies["."].push_front("");
      FakeServer server(fake);
      MailerWithRelays mailer({options(server)}, {1h, 1h});
      const auto reports = mailer.send_all(make_mails(4));
      const std::size_t hit = first ? 0 : 1;
      for (std::size_t i = 0; i < reports.size(); ++i) {
        if (i == hit)
          EXPECT_EQ(reports[i].outcome == kDeferred && !reports[i].relay_fault ? c.reason : "",
                    reports[i].reason.substr(0, c.reason.size()));
        else
          EXPECT_EQ(reports[i].outcome, kSent) << reports[i].reason;
      }
      EXPECT_EQ(server.connections(), 2);
      EXPECT_EQ(arrivals(server).size(), 4u);
      for (const auto& [id, times] : arrivals(server)) EXPECT_EQ(times, 1) << id;
    }
  }
}

TEST_F(PipeliningTest, R5_at_most_one_repeat_a_fault_and_none_lost) {
  constexpr int kMails = 20;
  FakeScript fake = script();
  for (int i = 0; i < kMails; ++i)
    fake.replies["."].push_back(i % 4 == 3 ? std::string(kDrop) : std::string());
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  // As a queue would: what is for later comes again.
  std::vector<Mail> waiting = make_mails(kMails);
  int faults = 0;
  while (!waiting.empty()) {
    const auto reports = mailer.send_all(waiting);
    std::vector<Mail> again;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (reports[i].outcome == kSent) continue;
      ++faults;
      again.push_back(waiting[i]);
    }
    waiting = std::move(again);
  }
  EXPECT_EQ(faults, kMails / 4);
  int arrived = 0;
  for (const auto& [id, times] : arrivals(server)) arrived += times;
  EXPECT_EQ(arrivals(server).size(), static_cast<std::size_t>(kMails));
  EXPECT_EQ(arrived, kMails + faults);
}

TEST_F(PipeliningTest, a_server_that_hangs_up_after_each_email_still_gets_each_once) {
  FakeScript fake = script();
  fake.drop_after_message = true;
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(outcomes(mailer.send_all(make_mails(4))), std::vector(4, kSent));
  EXPECT_EQ(server.connections(), 4);
  for (const auto& [id, times] : arrivals(server)) EXPECT_EQ(times, 1) << id;
  // Only the second email was announced in vain.
  EXPECT_EQ(server.bursts(1), bursts_until_ready() + 2);
}

TEST_F(PipeliningTest, a_server_that_throws_the_announced_head_away_is_spared_it_from_then_on) {
  FakeScript fake = script();
  fake.flush_after_message = true;
  FakeServer server(fake);
  SmtpOptions chosen = options(server);
  chosen.timeouts.command = 300ms;
  MailerWithRelays mailer(chosen);
  const auto reports = mailer.send_all(make_mails(4));
  EXPECT_EQ(reports[0].outcome, kSent);
  EXPECT_TRUE(deferred(reports[1], "MAIL: timed out"));
  EXPECT_EQ(reports[2].outcome, kSent);
  EXPECT_EQ(reports[3].outcome, kSent);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(PipeliningTest, a_reply_too_many_makes_no_email_done) {
  FakeScript fake = script();
  fake.replies["."] = {"250 2.0.0 queued\r\n250 2.0.0 queued"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  const auto reports = mailer.send_all(make_mails(3));
  EXPECT_EQ(reports[0].outcome, kSent);
  EXPECT_EQ(reports[1].outcome, kDeferred);
  EXPECT_FALSE(reports[1].relay_fault);
  EXPECT_EQ(reports[2].outcome, kSent);
  EXPECT_EQ(arrivals(server), (std::map<std::string, int>{{"email-0", 1}, {"email-2", 1}}));
}

TEST_F(PipeliningTest, R7_a_slow_final_dot_gives_the_announced_email_back) {
  FakeScript fake = script();
  fake.slow_dot = 400ms;
  FakeServer server(fake);
  SmtpOptions chosen = options(server);
  chosen.timeouts.quick_dot = 50ms;
  MailerWithRelays mailer(chosen);
  ListedMails source(make_mails(2));
  mailer.mailer().deliver(source);
  EXPECT_EQ(outcomes(source.reports()), std::vector{kSent});
  EXPECT_EQ(source.given_back(), 1);
  EXPECT_EQ(server.messages().size(), 1u);
  EXPECT_EQ(outcomes(mailer.send_all({numbered(1)})), std::vector{kSent});
  EXPECT_EQ(server.connections(), 2) << "the first one waits for an email that will not come";
  for (const auto& [id, times] : arrivals(server)) EXPECT_EQ(times, 1) << id;
}

TEST_F(PipeliningTest, after_a_source_that_throws_the_next_one_starts_afresh) {
  struct Throwing final : MailSource {
    std::optional<Mail> next() override {
      if (given++ > 0) throw std::runtime_error("no more");
      return make_mail();
    }
    void finished(const DeliveryReport&) override { ADD_FAILURE() << "nothing was sent"; }
    void give_back() override {}
    int given = 0;
  };
  FakeServer server(script());
  MailerWithRelays mailer(options(server));
  Throwing source;
  EXPECT_THROW(mailer.mailer().deliver(source), std::runtime_error);
  EXPECT_EQ(outcomes(mailer.send_all(make_mails(2))), std::vector(2, kSent));
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.messages().size(), 2u);
}

}  // namespace
}  // namespace postern
