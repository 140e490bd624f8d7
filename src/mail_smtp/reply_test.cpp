#include "mail_smtp/reply.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "mail_smtp/capabilities.hpp"

namespace postern {
namespace {

using namespace std::string_literals;

TEST(SmtpReply, what_servers_say) {
  struct Case {
    std::string bytes;
    int code;
    std::string enhanced;
    std::vector<std::string> lines;
  };
  const std::vector<Case> cases = {
      {"220 mx.example.com ESMTP\r\n", 220, "", {"mx.example.com ESMTP"}},
      {"250\r\n", 250, "", {""}},
      {"250 \r\n", 250, "", {""}},
      {"250-one\r\n250-two\r\n250 three\r\n", 250, "", {"one", "two", "three"}},
      {"250-\r\n250\r\n", 250, "", {"", ""}},
      {"550 5.1.1 no such user\r\n", 550, "5.1.1", {"no such user"}},
      {"550-5.7.26 first\r\n550 5.7.26 second\r\n", 550, "5.7.26", {"first", "second"}},
      {"450 4.2.0\r\n", 450, "4.2.0", {""}},
      {"550 4.1.1 of another class\r\n", 550, "", {"4.1.1 of another class"}},
      {"550 5.1234.1 too long\r\n", 550, "", {"5.1234.1 too long"}},
      {"550 5.1.1x\r\n", 550, "", {"5.1.1x"}},
      {"550 5.1.\r\n", 550, "", {"5.1."}},
      {"571 Delivery not authorized, message refused\r\n",
       571,
       "",
       {"Delivery not authorized, message refused"}},
      {"260 any group\r\n", 260, "", {"any group"}},
      {"599 5.999.999 any\r\n", 599, "5.999.999", {"any"}},
      {"250 bare lf\n", 250, "", {"bare lf"}},
      {"250-one\n250 two\r\n", 250, "", {"one", "two"}},
      {"250 two \r\r\n", 250, "", {"two "}},
      {"250 bare \r cr\r\n", 250, "", {"bare \r cr"}},
      {"250 nul \0\r\n"s, 250, "", {"nul \0"s}},
      {"250 escape \x1b[2J\r\n", 250, "", {"escape \x1b[2J"}},
      {"250 tab\tand \xc3\xa9\r\n", 250, "", {"tab\tand \xc3\xa9"}},
  };
  for (const Case& c : cases) {
    SmtpReplyParser parser;
    const Result<std::size_t> taken = parser.feed(c.bytes);
    ASSERT_TRUE(taken) << c.bytes;
    EXPECT_EQ(*taken, c.bytes.size());
    ASSERT_TRUE(parser.complete()) << c.bytes;
    const SmtpReply reply = parser.take();
    EXPECT_EQ(reply.code, c.code) << c.bytes;
    EXPECT_EQ(reply.enhanced, c.enhanced) << c.bytes;
    EXPECT_EQ(reply.lines, c.lines) << c.bytes;
  }
}

TEST(SmtpReply, what_is_no_reply_is_refused) {
  const std::vector<std::string> cases = {
      "\r\n",
      "25\r\n",
      "abc hello\r\n",
      "150 no such class\r\n",
      "650 no such class\r\n",
      "2500 four digits\r\n",
      "250_ok\r\n",
      "250-one\r\n550 two\r\n",
      "250-one\r\n\r\n",
      "HTTP/1.1 400 Bad Request\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
  };
  for (const std::string& bytes : cases) {
    SmtpReplyParser parser;
    const Result<std::size_t> taken = parser.feed(bytes);
    ASSERT_FALSE(taken) << bytes;
    EXPECT_EQ(taken.error().code, "smtp_protocol");
  }
}

TEST(SmtpReply, arrives_in_any_pieces_and_leaves_what_follows) {
  const std::string bytes = "250-2.1.0 one\r\n250 two\r\n354 next\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    SmtpReplyParser parser;
    std::vector<SmtpReply> replies;
    std::string unread;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      unread += bytes.substr(at, piece);
      for (;;) {
        const Result<std::size_t> taken = parser.feed(unread);
        ASSERT_TRUE(taken);
        unread.erase(0, *taken);
        if (!parser.complete()) break;
        replies.push_back(parser.take());
      }
    }
    ASSERT_EQ(replies.size(), 2u) << "pieces of " << piece;
    EXPECT_EQ(replies[0].lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(replies[1].code, 354);
    EXPECT_TRUE(unread.empty());
  }
}

TEST(SmtpReply, takes_nothing_while_one_is_waiting) {
  SmtpReplyParser parser;
  ASSERT_TRUE(parser.feed("250 one\r\n"));
  const Result<std::size_t> taken = parser.feed("250 two\r\n");
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, 0u);
  EXPECT_EQ(parser.take().lines, (std::vector<std::string>{"one"}));
}

TEST(SmtpReply, S8_a_long_line_is_read_and_its_beginning_kept) {
  SmtpReplyParser parser;
  ASSERT_TRUE(parser.feed("250 " + std::string(20'000, 'x') + "\r\n"));
  ASSERT_TRUE(parser.complete());
  EXPECT_EQ(parser.take().lines[0].size(), limits::kSmtpReplyTextBytes - 4);
  // One that never ends is not collected for ever.
  EXPECT_FALSE(SmtpReplyParser().feed("250 " + std::string(limits::kSmtpReplyBytes, 'x')));
}

TEST(SmtpReply, lines_have_a_limit) {
  std::string bytes;
  for (std::size_t i = 1; i < limits::kSmtpReplyLines; ++i) bytes += "250-x\r\n";
  EXPECT_TRUE(SmtpReplyParser().feed(bytes + "250 x\r\n"));
  EXPECT_FALSE(SmtpReplyParser().feed(bytes + "250-x\r\n250 x\r\n"));
}

TEST(SmtpCapabilities, are_read_in_any_case) {
  struct Case {
    std::vector<std::string> lines;
    bool starttls, pipelining, plain, login;
    std::size_t size_limit;
  };
  const std::vector<Case> cases = {
      {{"smtp.gmail.com at your service, [192.0.2.1]", "SIZE 35882577", "8BITMIME", "STARTTLS",
        "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8"},
       true,
       true,
       false,
       false,
       35882577},
      {{"host", "AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN"}, false, false, true, true, 0},
      {{"host", "auth=login", "StartTls", "pipelining", "size"}, true, true, false, true, 0},
      {{"host", "AUTH PLAIN-CLIENTTOKEN XLOGIN"}, false, false, false, false, 0},
      {{"STARTTLS PIPELINING", "XSTARTTLS", "STARTTLSX"}, false, false, false, false, 0},
      {{"host", "", "  ", "=", "SIZE x"}, false, false, false, false, 0},
  };
  for (const Case& c : cases) {
    const SmtpCapabilities found = parse_capabilities({250, "", c.lines});
    EXPECT_EQ(found.starttls, c.starttls) << c.lines[1];
    EXPECT_EQ(found.pipelining, c.pipelining) << c.lines[1];
    EXPECT_EQ(found.auth_plain, c.plain) << c.lines[1];
    EXPECT_EQ(found.auth_login, c.login) << c.lines[1];
    EXPECT_EQ(found.size_limit, c.size_limit) << c.lines[1];
  }
}

}  // namespace
}  // namespace postern
