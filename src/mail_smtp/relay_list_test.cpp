#include "mail_smtp/relay_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern {
namespace {

SmtpOptions main_relay() {
  SmtpOptions relay;
  relay.host = "smtp.example.com";
  relay.port = 2587;
  relay.user = "postern";
  relay.password = Secret(std::string("correct horse"));
  relay.ca_file = "ca.pem";
  relay.sender = {"Postern", "no-reply@example.com"};
  return relay;
}

TEST(RelayList, what_a_bare_host_does_not_say_is_as_with_the_main_relay) {
  const auto relays =
      parse_relays("mail2.example.com, mail3.example.com:25,[2001:db8::1]:26", main_relay());
  ASSERT_TRUE(relays);
  ASSERT_EQ(relays->size(), 3u);
  EXPECT_EQ((*relays)[0].host, "mail2.example.com");
  EXPECT_EQ((*relays)[0].port, 2587);
  EXPECT_EQ((*relays)[1].host, "mail3.example.com");
  EXPECT_EQ((*relays)[1].port, 25);
  EXPECT_EQ((*relays)[2].host, "2001:db8::1");
  EXPECT_EQ((*relays)[2].port, 26);
  for (const SmtpOptions& relay : *relays) {
    EXPECT_EQ(relay.user, "postern");
    EXPECT_EQ(relay.password.view(), "correct horse");
    EXPECT_EQ(relay.tls, SmtpTls::kStartTls);
    EXPECT_EQ(relay.ca_file, "ca.pem");
    EXPECT_EQ(relay.sender.address, "no-reply@example.com");
  }
}

TEST(RelayList, a_url_says_all_itself) {
  struct Case {
    std::string text;
    std::string host;
    int port;
    SmtpTls tls;
    std::string user;
    std::string password;
  };
  const std::vector<Case> cases = {
      {"smtp://host", "host", 587, SmtpTls::kStartTls, "", ""},
      {"smtps://host/", "host", 465, SmtpTls::kImplicit, "", ""},
      {"smtp://host?tls=none", "host", 25, SmtpTls::kNone, "", ""},
      {"smtp://[::1]:2525?tls=none", "::1", 2525, SmtpTls::kNone, "", ""},
      {"smtp://u%40example.com:p%2C%3A%40%2F%25w@host:588", "host", 588, SmtpTls::kStartTls,
       "u@example.com", "p,:@/%w"},
      {"smtps://user:abcd%20efgh@192.0.2.1", "192.0.2.1", 465, SmtpTls::kImplicit, "user",
       "abcd efgh"},
  };
  for (const Case& c : cases) {
    const auto relays = parse_relays(c.text, main_relay());
    ASSERT_TRUE(relays) << c.text << ": " << relays.error().cause;
    ASSERT_EQ(relays->size(), 1u);
    const SmtpOptions& relay = relays->front();
    EXPECT_EQ(relay.host, c.host) << c.text;
    EXPECT_EQ(relay.port, c.port) << c.text;
    EXPECT_EQ(relay.tls, c.tls) << c.text;
    EXPECT_EQ(relay.user, c.user) << c.text;
    EXPECT_EQ(relay.password.view(), c.password) << c.text;
    EXPECT_EQ(relay.ca_file, "ca.pem");
  }
}

TEST(RelayList, what_is_wrong_is_refused_and_never_quoted) {
  const std::vector<std::string> cases = {"",
                                          ",",
                                          "host,",
                                          "host:0",
                                          "host:65536",
                                          "host:x",
                                          "two words",
                                          "user:geheim@host",
                                          "http://host",
                                          "smtp://",
                                          "smtp://:25",
                                          "smtp://user@host",
                                          "smtp://:geheim@host",
                                          "smtp://user:@host",
                                          "smtp://user:ge heim@host",
                                          "smtp://user:geheim%@host",
                                          "smtp://user:geheim%0d@host",
                                          "smtp://host/path",
                                          "smtp://host#x",
                                          "smtp://host?tls=starttls",
                                          "smtp://host?tls=none&x=y",
                                          "smtps://host?tls=none",
                                          "smtp://ho%20st",
                                          "smtp://host:99999",
                                          "a,b,c,d,e,f,g,h"};
  for (const std::string& text : cases) {
    const auto relays = parse_relays(text, main_relay());
    ASSERT_FALSE(relays) << text;
    EXPECT_EQ(relays.error().cause.find("geheim"), std::string::npos);
    EXPECT_EQ(relays.error().cause.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace postern
