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
  const SmtpFailure failure{.step = SmtpStep::kRcpt, .reply = reply_of(550, "", {text, text})};
  EXPECT_EQ(failure_words(failure, kRecipient).size(), limits::kSmtpReasonBytes);
}

}  // namespace
}  // namespace postern
