// What the tests of the mailer share: a letter, a certificate that is trusted, short time-outs.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "mail_smtp/certificates_test.hpp"
#include "mail_smtp/fake_server_test.hpp"
#include "mail_smtp/smtp_mailer.hpp"

namespace postern {

class SmtpMailerTest : public testing::Test {
 protected:
  static Mail letter(const std::string& to = "reader@example.net") {
    Mail mail;
    mail.id = "019aa0c4-7c1b-7def-8123-456789abcdef";
    mail.kind = "confirm";
    mail.to = to;
    mail.locale = "en";
    mail.subject = "Set your password";
    mail.text = "Open https://id.example.com/set-password?token=abc\n.a line with a dot\n";
    mail.html = "<p>Open <a href=\"https://id.example.com/set-password?token=abc\">this</a></p>";
    mail.date = TimePoint(std::chrono::seconds(1764000000));
    return mail;
  }

  FakeScript script() { return FakeScript{.certificate = certificates_.issue({})}; }

  SmtpOptions options(const FakeServer& server) const {
    SmtpOptions made;
    made.host = "localhost";
    made.port = server.port();
    made.ca_file = certificates_.ca_file();
    made.sender = {"Postern", "no-reply@example.com"};
    made.helo_name = "postern.example.com";
    return made;
  }

  static SmtpOptions with_login(SmtpOptions made) {
    made.user = "postern@example.com";
    made.password = Secret("correct horse");
    return made;
  }

  static testing::AssertionResult relay_failed(const DeliveryReport& report,
                                               const std::string& part_of_reason) {
    if (report.end == DeliveryEnd::kLater && report.relay_fault &&
        report.reason.find(part_of_reason) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "end " << static_cast<int>(report.end) << ", relay_fault "
                                       << report.relay_fault << ", reason: " << report.reason;
  }

  TestCertificates certificates_;
};

}  // namespace postern
