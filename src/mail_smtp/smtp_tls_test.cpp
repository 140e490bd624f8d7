#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mail_smtp/mailer_fixture_test.hpp"

namespace postern {
namespace {

/// An IPv4 address of this machine that is not a loopback one; empty when it has none.
std::string outer_address() {
  std::string found;
  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) != 0) return found;
  for (const ifaddrs* at = interfaces; at != nullptr && found.empty(); at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    const in_addr address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr;
    char text[INET_ADDRSTRLEN] = {};
    if (ntohl(address.s_addr) >> 24 != IN_LOOPBACKNET)
      found = ::inet_ntop(AF_INET, &address, text, sizeof text);
  }
  ::freeifaddrs(interfaces);
  return found;
}

class SmtpTlsTest : public SmtpMailerTest {
 protected:
  /// One email, to a server that must get neither it nor a password.
  void expect_nothing_sent(FakeScript fake, const std::string& reason,
                           const std::string& host = "localhost") {
    FakeServer server(std::move(fake));
    {
      SmtpOptions chosen = with_login(options(server));
      chosen.host = host;
      if (implicit_) chosen.tls = SmtpTls::kImplicit;
      if (without_ca_file_) chosen.ca_file.clear();
      MailerWithRelays mailer(chosen);
      EXPECT_TRUE(relay_failed(mailer.send(make_mail()), reason));
      EXPECT_FALSE(probe_relay(chosen));
    }
    server.finish();
    EXPECT_GT(server.connections(), 0);
    for (const SeenLine& seen : server.seen()) {
      const std::string verb = seen.line.substr(0, seen.line.find(' '));
      EXPECT_TRUE(verb == "EHLO" || verb == "STARTTLS" || verb == "QUIT") << seen.line;
    }
    EXPECT_TRUE(server.messages().empty());
  }

  FakeScript with_certificate(const CertificateOptions& certificate) {
    FakeScript fake = script();
    fake.certificate = certificates_.issue(certificate);
    return fake;
  }

  bool implicit_ = false;
  bool without_ca_file_ = false;
};

TEST_F(SmtpTlsTest, X1_no_starttls_offered) {
  FakeScript fake = script();
  fake.keywords = {"PIPELINING", "AUTH PLAIN LOGIN"};
  expect_nothing_sent(fake, "does not offer STARTTLS");
}

TEST_F(SmtpTlsTest, X1_starttls_answered_with_454) {
  FakeScript fake = script();
  fake.replies["STARTTLS"] = {"454 4.7.0 not now", "454 4.7.0 not now"};
  expect_nothing_sent(fake, "STARTTLS: 454 4.7.0 not now");
}

TEST_F(SmtpTlsTest, X1_plaintext_after_the_220_of_starttls) {
  FakeScript fake = script();
  const std::string injected = "220 go ahead\r\n250-injected\r\n250 AUTH PLAIN";
  fake.replies["STARTTLS"] = {injected, injected};
  expect_nothing_sent(fake, "plaintext after the reply to STARTTLS");
}

TEST_F(SmtpTlsTest, X1_what_was_offered_before_tls_is_forgotten) {
  FakeScript fake = script();
  fake.replies["EHLO"] = {"250-fake\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 AUTH PLAIN",
                          "250 fake"};
  FakeServer server(fake);
  MailerWithRelays mailer(with_login(options(server)));
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "neither AUTH PLAIN nor AUTH LOGIN"));
}

TEST_F(SmtpTlsTest, X1_auth_and_mail_only_within_tls) {
  FakeServer server(script());
  {
    MailerWithRelays mailer(with_login(options(server)));
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  }
  server.finish();
  for (const SeenLine& seen : server.seen()) {
    EXPECT_TRUE(seen.tls || seen.line.starts_with("EHLO") || seen.line == "STARTTLS") << seen.line;
  }
}

TEST_F(SmtpTlsTest, X2_certificate_for_another_name) {
  expect_nothing_sent(with_certificate({.dns_name = "mail.example.org", .ip_address = ""}),
                      "certificate: hostname mismatch");
}

TEST_F(SmtpTlsTest, X2_certificate_for_another_address) {
  expect_nothing_sent(with_certificate({.ip_address = "192.0.2.1"}),
                      "certificate: IP address mismatch", "127.0.0.1");
}

TEST_F(SmtpTlsTest, X2_name_that_looks_like_the_address_is_not_the_address) {
  expect_nothing_sent(with_certificate({.dns_name = "127.0.0.1", .ip_address = ""}),
                      "certificate: IP address mismatch", "127.0.0.1");
}

TEST_F(SmtpTlsTest, X2_expired_certificate) {
  expect_nothing_sent(with_certificate({.begins_in_days = -3, .ends_in_days = -1}),
                      "certificate has expired");
}

TEST_F(SmtpTlsTest, X2_certificate_not_yet_valid) {
  expect_nothing_sent(with_certificate({.begins_in_days = 1, .ends_in_days = 3}),
                      "certificate is not yet valid");
}

TEST_F(SmtpTlsTest, X2_self_signed_certificate) {
  expect_nothing_sent(with_certificate({.self_signed = true}), "certificate: self-signed");
}

TEST_F(SmtpTlsTest, X2_authority_that_the_system_does_not_know) {
  without_ca_file_ = true;
  expect_nothing_sent(script(), "certificate: unable to get local issuer");
}

TEST_F(SmtpTlsTest, X2_server_with_tls_1_1_only) {
  FakeScript fake = script();
  fake.newest_tls = TLS1_1_VERSION;
  expect_nothing_sent(fake, "TLS: ");
}

TEST_F(SmtpTlsTest, X2_implicit_tls_checks_the_same) {
  implicit_ = true;
  FakeScript fake = with_certificate({.begins_in_days = -3, .ends_in_days = -1});
  fake.implicit_tls = true;
  expect_nothing_sent(fake, "certificate has expired");
}

TEST_F(SmtpTlsTest, X2_trusted_file_that_cannot_be_read) {
  FakeServer server(script());
  SmtpOptions chosen = options(server);
  chosen.ca_file = certificates_.folder() + "/missing.pem";
  MailerWithRelays mailer(chosen);
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "trusted certificates cannot be read"));
  server.finish();
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(SmtpTlsTest, X2_tls_1_2_and_1_3_by_name_and_by_address) {
  for (const int newest : {TLS1_2_VERSION, 0}) {
    for (const std::string host : {"localhost", "127.0.0.1"}) {
      FakeScript fake = script();
      fake.newest_tls = newest;
      FakeServer server(fake);
      SmtpOptions chosen = options(server);
      chosen.host = host;
      MailerWithRelays mailer(chosen);
      const DeliveryReport report = mailer.send(make_mail());
      EXPECT_EQ(report.outcome, DeliveryOutcome::kSent) << report.reason;
    }
  }
}

TEST_F(SmtpTlsTest, implicit_tls_delivers) {
  FakeScript fake = script();
  fake.implicit_tls = true;
  FakeServer server(fake);
  SmtpOptions chosen = with_login(options(server));
  chosen.tls = SmtpTls::kImplicit;
  MailerWithRelays mailer(chosen);
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  for (const SeenLine& seen : server.seen()) EXPECT_TRUE(seen.tls);
}

TEST_F(SmtpTlsTest, implicit_tls_towards_a_plaintext_server) {
  FakeServer server(script());
  SmtpOptions chosen = with_login(options(server));
  chosen.tls = SmtpTls::kImplicit;
  MailerWithRelays mailer(chosen);
  EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "handshake: TLS: "));
}

TEST_F(SmtpTlsTest, without_tls_only_when_it_is_asked_for) {
  FakeServer server(FakeScript{});
  {
    SmtpOptions chosen = with_login(options(server));
    chosen.tls = SmtpTls::kNone;
    MailerWithRelays mailer(chosen);
    // The peer is this machine: AUTH in plaintext stays on it.
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  }
  server.finish();
  const std::vector<std::string> lines = server.lines(1);
  EXPECT_NE(std::find(lines.begin(), lines.end(),
                      "AUTH PLAIN AHBvc3Rlcm5AZXhhbXBsZS5jb20AY29ycmVjdCBob3JzZQ=="),
            lines.end());
}

TEST_F(SmtpTlsTest, X1_without_tls_no_auth_to_another_machine) {
  const std::string address = outer_address();
  if (address.empty()) GTEST_SKIP() << "this machine has loopback addresses only";
  FakeScript fake;
  fake.any_address = true;
  FakeServer server(fake);
  {
    SmtpOptions chosen = with_login(options(server));
    chosen.host = address;
    chosen.tls = SmtpTls::kNone;
    MailerWithRelays mailer(chosen);
    EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "AUTH is not sent without TLS"));
  }
  server.finish();
  EXPECT_EQ(server.lines(1), (std::vector<std::string>{"EHLO postern.example.com"}));
}

TEST_F(SmtpTlsTest, X2_a_common_name_is_no_host_name) {
  expect_nothing_sent(with_certificate({.ip_address = {}, .common_name_only = true}),
                      "certificate: hostname mismatch");
}

}  // namespace
}  // namespace postern
