#include "mail_smtp/smtp_mailer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "mail_smtp/mailer_fixture_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

int count(const Lines& lines, const std::string& start) {
  return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.starts_with(start);
  }));
}

TEST_F(SmtpMailerTest, one_email_from_greeting_to_quit) {
  FakeServer server(script());
  {
    MailerWithRelays mailer(with_login(options(server)));
    const DeliveryReport report = mailer.send(make_mail());
    EXPECT_EQ(report.outcome, DeliveryOutcome::kSent);
    EXPECT_EQ(report.reason, "250 2.0.0 queued");
    EXPECT_FALSE(report.relay_fault);
  }
  server.finish();
  Lines lines = server.lines(1);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_TRUE(lines[4].starts_with("MAIL FROM:<no-reply@example.com> SIZE="));
  lines[4] = "MAIL";
  EXPECT_EQ(lines, (Lines{"EHLO postern.example.com", "STARTTLS", "EHLO postern.example.com",
                          "AUTH PLAIN AHBvc3Rlcm5AZXhhbXBsZS5jb20AY29ycmVjdCBob3JzZQ==", "MAIL",
                          "RCPT TO:<reader@example.net>", "DATA", "QUIT"}));
  ASSERT_EQ(server.messages().size(), 1u);
  EXPECT_NE(server.messages()[0].find("\r\nMessage-ID: <"), std::string::npos);
}

TEST_F(SmtpMailerTest, without_pipelining_one_command_at_a_time) {
  FakeScript fake = script();
  fake.keywords = {"STARTTLS"};
  fake.replies["RCPT"] = {"550 5.1.1 unknown"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  const Lines lines = server.lines(1);
  // The refused email: no DATA, but RSET.
  EXPECT_EQ(Lines(lines.begin() + 3, lines.end()),
            (Lines{"MAIL FROM:<no-reply@example.com>", "RCPT TO:<reader@example.net>", "RSET",
                   "MAIL FROM:<no-reply@example.com>", "RCPT TO:<reader@example.net>", "DATA"}));
}

TEST_F(SmtpMailerTest, auth_login_where_plain_is_not_offered) {
  FakeScript fake = script();
  fake.keywords = {"STARTTLS", "auth login"};
  fake.replies["answer"] = {"334 UGFzc3dvcmQ6", "235 2.7.0 welcome"};
  FakeServer server(fake);
  MailerWithRelays mailer(with_login(options(server)));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  const Lines lines = server.lines(1);
  EXPECT_EQ(Lines(lines.begin() + 3, lines.begin() + 6),
            (Lines{"AUTH LOGIN", "cG9zdGVybkBleGFtcGxlLmNvbQ==", "Y29ycmVjdCBob3JzZQ=="}));
}

TEST_F(SmtpMailerTest, without_a_helo_name_the_address_literal) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  chosen.helo_name.clear();
  MailerWithRelays mailer(chosen);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(server.lines(1)[0], "EHLO [127.0.0.1]");
}

TEST_F(SmtpMailerTest, a_reply_to_auth_is_not_quoted) {
  FakeScript fake = script();
  fake.replies["AUTH"] = {"535 5.7.8 bad AHBvc3Rlcm4= for postern@example.com"};
  FakeServer server(fake);
  MailerWithRelays mailer(with_login(options(server)));
  const DeliveryReport report = mailer.send(make_mail());
  EXPECT_TRUE(relay_failed(report, "AUTH: 535 5.7.8"));
  EXPECT_EQ(report.reason, "AUTH: 535 5.7.8");
}

TEST_F(SmtpMailerTest, probe_logs_in_and_sends_nothing) {
  FakeServer server(script());
  EXPECT_TRUE(probe_relay(with_login(options(server))));
  server.finish();
  EXPECT_EQ(count(server.lines(1), "AUTH"), 1);
  EXPECT_EQ(count(server.lines(1), "MAIL"), 0);
  EXPECT_EQ(count(server.lines(1), "QUIT"), 1);
}

TEST_F(SmtpMailerTest, probe_says_what_is_wrong) {
  FakeScript fake = script();
  fake.replies["AUTH"] = {"535 5.7.8 no"};
  FakeServer server(fake);
  const Status refused = probe_relay(with_login(options(server)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "smtp_auth");

  SmtpOptions unknown = options(server);
  server.finish();
  unknown.host = "no-such-host.invalid";
  const Status unreachable = probe_relay(unknown);
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().code, "smtp_unreachable");
}

TEST_F(SmtpMailerTest, M1_an_address_that_could_extend_a_command_never_reaches_the_wire) {
  FakeServer server(script());
  MailerWithRelays mailer(options(server));
  for (const std::string to : {"reader@example.net\r\nRCPT TO:<x@example.org>", "a b@example.net",
                               "reader@example.net>", "r\xc3\xa9@example.net", ""}) {
    const DeliveryReport report = mailer.send(make_mail(to));
    EXPECT_EQ(report.outcome, DeliveryOutcome::kFailed) << to;
    EXPECT_FALSE(report.relay_fault);
    EXPECT_EQ(report.reason.find("example.net"), std::string::npos);
  }
  server.finish();
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(SmtpMailerTest, M8_the_email_on_the_wire) {
  FakeServer server(script());
  MailerWithRelays mailer(options(server));
  Mail mail = make_mail();
  mail.text = ".\n..\n" + std::string(3000, 'x') + "\nsmuggled\n.\nMAIL FROM:<x@example.org>\n";
  EXPECT_EQ(mailer.send(mail).outcome, DeliveryOutcome::kSent);
  ASSERT_EQ(server.messages().size(), 1u);
  const std::string message = server.messages()[0];
  EXPECT_EQ(count(server.lines(1), "MAIL"), 1);
  std::size_t begin = 0;
  while (begin < message.size()) {
    const std::size_t end = message.find("\r\n", begin);
    ASSERT_NE(end, std::string::npos);
    const std::string line = message.substr(begin, end - begin);
    EXPECT_LE(line.size(), limits::kMailLineBytes + 1);
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
    EXPECT_TRUE(!line.starts_with(".") || line.starts_with("..")) << line;
    begin = end + 2;
  }
}

TEST_F(SmtpMailerTest, R6_what_a_refusal_means_and_that_the_next_email_goes_through) {
  struct Case {
    std::string verb;
    std::string reply;
    DeliveryOutcome outcome;
    bool relay_fault;
    int connections;
  };
  constexpr auto kFailed = DeliveryOutcome::kFailed;
  constexpr auto kDeferred = DeliveryOutcome::kDeferred;
  const std::vector<Case> cases = {
      {"greeting", "554 no service", kDeferred, true, 2},
      {"greeting", "421 busy", kDeferred, true, 2},
      {"greeting", "hello", kDeferred, true, 2},
      {"EHLO", "502 what", kDeferred, true, 2},
      {"AUTH", "535 5.7.8 no", kDeferred, true, 2},
      {"AUTH", "454 4.7.0 later", kDeferred, true, 2},
      {"AUTH", "421 4.7.0 too many", kDeferred, true, 2},
      {"MAIL", "451 4.3.0 later", kDeferred, true, 2},
      {"MAIL", "552 5.3.4 too big", kFailed, false, 1},
      {"MAIL", "553 5.7.1 sender not owned", kDeferred, true, 2},
      {"MAIL", "530 5.7.0 log in first", kDeferred, true, 2},
      {"MAIL", "421 4.7.0 bye", kDeferred, true, 2},
      {"RCPT", "450-4.2.1 first\r\n450 4.2.1 second", kDeferred, false, 1},
      {"RCPT", "550 5.1.1 unknown", kFailed, false, 1},
      {"RCPT", "421 4.7.0 bye", kDeferred, false, 2},
      {"DATA", "451 4.3.0 later", kDeferred, false, 1},
      {"DATA", "554 5.5.1 no", kFailed, false, 1},
      {"DATA", "421 bye", kDeferred, false, 2},
      {".", "452 4.3.1 full", kDeferred, false, 1},
      {".", "554 5.7.1 spam", kFailed, false, 1},
      {".", "421 bye", kDeferred, false, 2},
      {".", "bad reply", kDeferred, false, 2},
  };
  for (const bool pipelining : {true, false}) {
    for (const Case& c : cases) {
      FakeScript fake = script();
      if (!pipelining) fake.keywords[0] = "8BITMIME";
      fake.replies[c.verb] = {c.reply};
      FakeServer server(fake);
      MailerWithRelays mailer(with_login(options(server)));
      const DeliveryReport report = mailer.send(make_mail());
      EXPECT_EQ(report.outcome, c.outcome) << c.verb << " " << c.reply << ": " << report.reason;
      EXPECT_EQ(report.relay_fault, c.relay_fault) << c.verb << " " << c.reply;
      EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent)
          << c.verb << " " << c.reply;
      EXPECT_EQ(server.connections(), c.connections) << c.verb << " " << c.reply;
    }
  }
}

TEST_F(SmtpMailerTest, R6_the_reason_keeps_the_servers_words_without_the_address) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"550-5.1.1 <reader@example.net>: Recipient\r\n550 5.1.1 reader unknown"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).reason,
            "RCPT: 550 5.1.1 [address] Recipient [recipient] unknown");
}

TEST_F(SmtpMailerTest, R6_recipient_refused_but_data_accepted_sends_the_lone_dot) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"550 5.1.1 unknown"};
  fake.replies["DATA"] = {"354 go ahead"};
  fake.replies["."] = {"554 5.5.1 no valid recipients"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  const DeliveryReport report = mailer.send(make_mail());
  EXPECT_EQ(report.outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(report.reason, "RCPT: 550 5.1.1 unknown");
  EXPECT_EQ(mailer.send(make_mail("other@example.net")).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(server.connections(), 1);
  ASSERT_EQ(server.messages().size(), 2u);
  EXPECT_EQ(server.messages()[0], "");
}

TEST_F(SmtpMailerTest, sender_refused_but_all_else_accepted_ends_without_an_email) {
  FakeScript fake = script();
  fake.replies["MAIL"] = {"552 5.3.4 no"};
  fake.replies["RCPT"] = {"250 ok"};
  fake.replies["DATA"] = {"354 go ahead"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.messages().size(), 1u);
}

TEST_F(SmtpMailerTest, an_email_over_the_offered_size_is_not_sent) {
  FakeScript fake = script();
  fake.keywords = {"STARTTLS", "SIZE 100"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  const DeliveryReport report = mailer.send(make_mail());
  EXPECT_EQ(report.outcome, DeliveryOutcome::kFailed);
  EXPECT_NE(report.reason.find("larger"), std::string::npos);
  EXPECT_EQ(count(server.lines(1), "MAIL"), 0);
}

TEST_F(SmtpMailerTest, R5_dropped_after_the_final_dot_is_later_and_says_unknown) {
  FakeScript fake = script();
  fake.replies["."] = {std::string(kDrop)};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_TRUE(outcome_unknown(mailer.send(make_mail())));
  // Again, by any worker: the same Message-ID, so that the repeat can be recognised.
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  ASSERT_EQ(server.messages().size(), 2u);
  const auto message_id = [](const std::string& message) {
    const std::size_t at = message.find("Message-ID:");
    return message.substr(at, message.find("\r\n", at) - at);
  };
  EXPECT_EQ(message_id(server.messages()[0]), message_id(server.messages()[1]));
}

TEST_F(SmtpMailerTest, R5_an_answer_before_the_email_is_not_taken_for_the_one_after_it) {
  FakeScript fake = script();
  fake.replies["DATA"] = {"354 go ahead\r\n250 2.0.0 queued"};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "early reply"));
}

TEST_F(SmtpMailerTest, R7_a_tarpit_at_any_step_ends_by_its_time_out) {
  struct Case {
    std::string verb;
    std::string_view behaviour;
  };
  const std::vector<Case> cases = {{"greeting", kSilence}, {"greeting", kDrip}, {"EHLO", kSilence},
                                   {"AUTH", kDrip},        {"MAIL", kSilence},  {"RCPT", kDrip},
                                   {".", kSilence},        {".", kDrip}};
  for (const Case& c : cases) {
    FakeScript fake = script();
    fake.replies[c.verb] = {std::string(c.behaviour)};
    FakeServer server(fake);
    SmtpOptions chosen = with_login(options(server));
    chosen.timeouts.greeting = chosen.timeouts.command = chosen.timeouts.data = 100ms;
    chosen.timeouts.final_dot = 100ms;
    MailerWithRelays mailer(chosen);
    const auto begin = std::chrono::steady_clock::now();
    const DeliveryReport report = mailer.send(make_mail());
    if (c.verb == ".")
      EXPECT_TRUE(outcome_unknown(report)) << c.verb;
    else if (c.verb == "MAIL" || c.verb == "RCPT")
      EXPECT_TRUE(deferred(report, "timed out")) << c.verb;
    else
      EXPECT_TRUE(relay_failed(report, "timed out")) << c.verb;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s) << c.verb;
  }
}

TEST_F(SmtpMailerTest, R7_the_whole_delivery_has_a_time_out_of_its_own) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {std::string(kSilence)};
  FakeServer server(fake);
  SmtpOptions chosen = options(server);
  chosen.timeouts.delivery = 200ms;
  MailerWithRelays mailer(chosen);
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "timed out"));
}

TEST_F(SmtpMailerTest, no_server_listens) {
  SmtpOptions chosen;
  {
    FakeServer server(script());
    chosen = options(server);
  }
  MailerWithRelays mailer(chosen);
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "cannot be reached"));
}

TEST_F(SmtpMailerTest, a_warm_connection_serves_its_number_of_emails) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  chosen.mails_per_connection = 3;
  MailerWithRelays mailer(chosen);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(count(server.lines(1), "MAIL"), 3);
  EXPECT_EQ(count(server.lines(1), "QUIT"), 1);
  EXPECT_EQ(server.messages().size(), 7u);
}

TEST_F(SmtpMailerTest, idle_closes_what_was_unused_for_too_long_and_only_that) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  {
    MailerWithRelays mailer(chosen);
    mailer.idle();
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
    mailer.idle();
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
    EXPECT_EQ(server.connections(), 1);
  }
  chosen.timeouts.warm_idle = 0ms;
  MailerWithRelays mailer(chosen);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  mailer.idle();
  EXPECT_EQ(count(server.lines(2), "QUIT"), 1);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(SmtpMailerTest, a_warm_connection_that_has_died_is_replaced_silently) {
  struct Case {
    bool dropped_while_idle;
    /// To the second MAIL.
    std::string reply;
  };
  for (const Case& c : {Case{true, ""}, Case{false, std::string(kDrop)},
                        Case{false, "421 4.4.2 idle for too long"}}) {
    FakeScript fake = script();
    fake.drop_after_message = c.dropped_while_idle;
    if (!c.reply.empty()) fake.replies["MAIL"] = {"250 ok", c.reply};
    FakeServer server(fake);
    MailerWithRelays mailer(options(server));
    for (int i = 0; i < 2; ++i) {
      const DeliveryReport report = mailer.send(make_mail());
      EXPECT_EQ(report.outcome, DeliveryOutcome::kSent) << c.reply << ": " << report.reason;
    }
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(server.messages().size(), 2u);
  }
}

TEST_F(SmtpMailerTest, an_email_that_was_partly_accepted_is_not_repeated_silently) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"250 ok", std::string(kDrop)};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "RCPT: the mail server closed the connection"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(SmtpMailerTest, a_new_connection_that_breaks_is_not_tried_twice) {
  FakeScript fake = script();
  fake.replies["MAIL"] = {"250 ok", std::string(kDrop), std::string(kDrop)};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  EXPECT_TRUE(deferred(mailer.send(make_mail()), "MAIL: the mail server closed the connection"));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SmtpMailerTest, S8_HELO_where_EHLO_is_unknown_and_neither_TLS_nor_AUTH_is_wanted) {
  for (const std::string reply : {"502 5.5.1 what?", "500 unknown", "504 no"}) {
    FakeScript fake = script();
    fake.replies["EHLO"] = {reply};
    FakeServer server(fake);
    SmtpOptions chosen = options(server);
    chosen.tls = SmtpTls::kNone;
    MailerWithRelays mailer(chosen);
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent) << reply;
    EXPECT_EQ(server.lines(1)[1], "HELO postern.example.com");
  }
}

TEST_F(SmtpMailerTest, X1_no_HELO_where_TLS_or_AUTH_is_wanted) {
  for (const bool tls : {true, false}) {
    FakeScript fake = script();
    fake.replies["EHLO"] = {"502 5.5.1 what?"};
    FakeServer server(fake);
    SmtpOptions chosen = with_login(options(server));
    if (!tls) chosen.tls = SmtpTls::kNone;
    MailerWithRelays mailer(chosen);
    EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "EHLO: 502"));
    server.finish();
    EXPECT_EQ(count(server.lines(1), "HELO"), 0);
    EXPECT_TRUE(server.messages().empty());
  }
}

TEST_F(SmtpMailerTest, S8_replies_with_bare_LF_and_long_lines_are_read) {
  FakeScript fake = script();
  fake.replies["RCPT"] = {"250-" + std::string(5000, 'x') + "\n250 2.1.5 ok"};
  fake.replies["."] = {"250 2.0.0 " + std::string(5000, 'y')};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
}

TEST_F(SmtpMailerTest, S1_a_third_unknown_outcome_is_the_last) {
  FakeScript fake = script();
  fake.replies["."] = {std::string(kDrop), std::string(kDrop)};
  FakeServer server(fake);
  MailerWithRelays mailer(options(server));
  Mail mail = make_mail();
  mail.unknown_outcomes = 1;
  EXPECT_TRUE(outcome_unknown(mailer.send(mail)));
  mail.unknown_outcomes = 2;
  EXPECT_EQ(mailer.send(mail).outcome, DeliveryOutcome::kFailed);
}

TEST_F(SmtpMailerTest, S3_a_sender_that_is_not_ours_costs_no_attempt_and_names_MAIL_FROM) {
  FakeScript fake = script();
  fake.replies["."] = {"554 5.2.252 SendAsDenied; not allowed to send as no-reply@example.com"};
  FakeServer server(fake);
  MailerWithRelays mailer({options(server)}, {1h, 1h});
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "SendAsDenied"));
  const RelayState state = mailer.relays().states()[0];
  EXPECT_TRUE(state.held_back);
  EXPECT_NE(state.advice.find("MAIL_FROM=no-reply@example.com"), std::string::npos);
  const DeliveryReport next = mailer.send(make_mail());
  EXPECT_TRUE(next.untried);
}

TEST_F(SmtpMailerTest, R7_a_server_that_wants_no_further_connection_is_not_held_back) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  Logger log(LogLevel::kOff, LogFormat::kText);
  RelayPool pool({chosen}, log);
  SmtpMailer one(pool);
  ListedMails first({make_mail()});
  one.deliver(first);
  ASSERT_EQ(first.reports().at(0).outcome, DeliveryOutcome::kSent);

  server.script("greeting", "421 4.7.0 too many connections");
  SmtpMailer other(pool);
  ListedMails second({make_mail()});
  other.deliver(second);
  EXPECT_TRUE(second.reports().at(0).untried);
  EXPECT_FALSE(pool.states()[0].held_back);
  EXPECT_GT(other.pauses_until(), std::chrono::steady_clock::now());
  ListedMails third({make_mail()});
  one.deliver(third);
  EXPECT_EQ(third.reports().at(0).outcome, DeliveryOutcome::kSent) << "the others go on";
}

}  // namespace
}  // namespace postern
