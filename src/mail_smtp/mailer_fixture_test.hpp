// What the tests of the mailer share: an email, a certificate that is trusted, a source of emails.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail_smtp/certificates_test.hpp"
#include "mail_smtp/fake_server_test.hpp"
#include "mail_smtp/smtp_mailer.hpp"

namespace postern {

/// Gives the emails of a list, and keeps what became of them.
class ListedMails final : public MailSource {
 public:
  explicit ListedMails(std::vector<Mail> mails) : mails_(mails.begin(), mails.end()) {}

  std::optional<Mail> next() override {
    if (mails_.empty()) return std::nullopt;
    Mail mail = std::move(mails_.front());
    mails_.pop_front();
    ++given_;
    return mail;
  }
  void finished(const DeliveryReport& report) override {
    reports_.push_back(report);
    EXPECT_LE(reports_.size(), given_) << "a report of an email that was not given";
  }
  void give_back() override { ++given_back_; }
  int given_back() const { return given_back_; }
  const std::vector<DeliveryReport>& reports() const { return reports_; }

 private:
  std::deque<Mail> mails_;
  std::size_t given_ = 0;
  int given_back_ = 0;
  std::vector<DeliveryReport> reports_;
};

/// A mailer with relays of its own, which are not held back for any time unless a test says so.
class MailerWithRelays {
 public:
  explicit MailerWithRelays(const SmtpOptions& relay)
      : MailerWithRelays(std::vector<SmtpOptions>{relay}) {}
  explicit MailerWithRelays(std::vector<SmtpOptions> relays,
                            RelayHold hold = {std::chrono::milliseconds(0),
                                              std::chrono::milliseconds(0)})
      : relays_(std::move(relays), log_, hold), mailer_(relays_) {}

  std::vector<DeliveryReport> send_all(std::vector<Mail> mails) {
    const std::size_t count = mails.size();
    ListedMails source(std::move(mails));
    mailer_.deliver(source);
    EXPECT_EQ(source.reports().size(), count);
    return source.reports();
  }
  DeliveryReport send(const Mail& mail) { return send_all({mail}).at(0); }
  void idle() { mailer_.idle(); }
  SmtpMailer& mailer() { return mailer_; }
  RelayPool& relays() { return relays_; }

 private:
  Logger log_{LogLevel::kOff, LogFormat::kText};
  RelayPool relays_;
  SmtpMailer mailer_;
};

class SmtpMailerTest : public testing::Test {
 protected:
  static Mail make_mail(const std::string& to = "reader@example.net") {
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
    if (report.outcome == DeliveryOutcome::kDeferred && report.relay_fault &&
        report.reason.find(part_of_reason) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "end " << static_cast<int>(report.outcome) << ", relay_fault " << report.relay_fault
           << ", reason: " << report.reason;
  }

  /// About the message: it counts.
  static testing::AssertionResult deferred(const DeliveryReport& report,
                                           const std::string& part_of_reason) {
    if (report.outcome == DeliveryOutcome::kDeferred && !report.relay_fault && !report.unknown &&
        report.reason.find(part_of_reason) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "relay_fault " << report.relay_fault << ", unknown "
                                       << report.unknown << ", reason: " << report.reason;
  }

  static testing::AssertionResult outcome_unknown(const DeliveryReport& report) {
    if (report.outcome == DeliveryOutcome::kDeferred && report.unknown && !report.relay_fault &&
        report.reason.starts_with("outcome unknown: after the final dot"))
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "unknown " << report.unknown << ", reason: " << report.reason;
  }

  TestCertificates certificates_;
};

}  // namespace postern
