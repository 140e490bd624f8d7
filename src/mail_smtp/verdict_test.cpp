#include "mail_smtp/verdict.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"

namespace postern {
namespace {

constexpr std::string_view kRecipient = "Reader.One@example.net";

SmtpReply reply_of(int code, const std::string& enhanced, std::vector<std::string> lines) {
  return {code, enhanced, std::move(lines)};
}

TEST(SmtpVerdict, R6_never_later_or_the_relay_at_fault) {
  struct Case {
    SmtpStep step;
    int code;
    std::string enhanced;
    DeliveryEnd end;
    bool relay_fault;
  };
  constexpr auto kNever = DeliveryEnd::kNever;
  constexpr auto kLater = DeliveryEnd::kLater;
  const std::vector<Case> cases = {
      {SmtpStep::kRcpt, 550, "5.1.1", kNever, false},
      {SmtpStep::kRcpt, 550, "", kNever, false},
      {SmtpStep::kRcpt, 553, "", kNever, false},
      {SmtpStep::kRcpt, 550, "5.7.1", kNever, false},
      {SmtpStep::kRcpt, 452, "4.2.2", kLater, false},
      {SmtpStep::kData, 554, "", kNever, false},
      {SmtpStep::kData, 451, "", kLater, false},
      {SmtpStep::kMessage, 554, "5.6.0", kNever, false},
      {SmtpStep::kMessage, 550, "5.7.1", kNever, false},
      {SmtpStep::kMessage, 452, "4.3.1", kLater, false},
      {SmtpStep::kMail, 552, "5.3.4", kNever, false},
      {SmtpStep::kMail, 451, "4.7.1", kLater, false},
      {SmtpStep::kMail, 550, "", kLater, true},
      {SmtpStep::kMail, 553, "5.7.1", kLater, true},
      {SmtpStep::kMail, 501, "5.1.7", kLater, true},
      {SmtpStep::kMail, 554, "5.7.1", kLater, true},
      {SmtpStep::kMail, 530, "5.7.0", kLater, true},
      {SmtpStep::kRcpt, 530, "", kLater, true},
      {SmtpStep::kRcpt, 535, "5.7.8", kLater, true},
      {SmtpStep::kMessage, 538, "", kLater, true},
      {SmtpStep::kRcpt, 421, "4.7.0", kLater, true},
      {SmtpStep::kMessage, 421, "", kLater, true},
      {SmtpStep::kData, 250, "", kLater, true},
      {SmtpStep::kRcpt, 354, "", kLater, true},
  };
  for (const Case& c : cases) {
    const DeliveryReport report =
        judge_refusal(c.step, reply_of(c.code, c.enhanced, {"words"}), kRecipient);
    EXPECT_EQ(report.end, c.end) << step_name(c.step) << " " << c.code << " " << c.enhanced;
    EXPECT_EQ(report.relay_fault, c.relay_fault)
        << step_name(c.step) << " " << c.code << " " << c.enhanced;
    EXPECT_TRUE(report.reason.starts_with(step_name(c.step)));
  }
}

TEST(SmtpVerdict, R6_the_servers_words_are_kept_without_addresses_and_secrets) {
  struct Case {
    std::vector<std::string> lines;
    std::string words;
  };
  const std::vector<Case> cases = {
      {{"Recipient rejected"}, "550 5.1.1 Recipient rejected"},
      {{""}, "550 5.1.1"},
      {{"  two ", "", "\tlines  "}, "550 5.1.1 two lines"},
      {{"<reader.one@example.net>: User unknown"}, "550 5.1.1 [address] User unknown"},
      {{"to:someone.else@example.org,x"}, "550 5.1.1 [address]"},
      {{"x=reader.one%40example.net"}, "550 5.1.1 [address]"},
      {{"user READER.ONE unknown, user=reader.one"},
       "550 5.1.1 user [recipient] unknown, user=[recipient]"},
      {{"preader.one reader.ones"}, "550 5.1.1 preader.one reader.ones"},
      {{"see https://id.example.com/set-password?token=eyJhbGciOi"},
       "550 5.1.1 see https://id.example.com/set-password"},
      {{"what? why?"}, "550 5.1.1 what? why?"},
      {{"quoted: " + std::string(200, 'A')}, "550 5.1.1 quoted: [...]"},
      {{"caf\xc3\xa9 \x1b[2J"}, "550 5.1.1 caf?? ?[2J"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(server_words(reply_of(550, "5.1.1", c.lines), kRecipient), c.words);
}

TEST(SmtpVerdict, R6_a_reason_is_bounded) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "words ";
  const DeliveryReport report =
      judge_refusal(SmtpStep::kRcpt, reply_of(550, "", {text, text}), kRecipient);
  EXPECT_EQ(report.reason.size(), limits::kSmtpReasonBytes);
}

}  // namespace
}  // namespace postern
