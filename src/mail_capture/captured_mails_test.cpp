#include "mail_capture/captured_mails.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/limits.hpp"

namespace postern {
namespace {

Mail mail(std::size_t number) {
  Mail made;
  made.id = std::to_string(number);
  made.subject = "Subject";
  return made;
}

TEST(CapturedMails, newest_first) {
  CapturedMails mails;
  EXPECT_TRUE(mails.list().empty());
  mails.add(mail(1));
  mails.add(mail(2));
  const auto kept = mails.list();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].id, "2");
  EXPECT_EQ(kept[1].id, "1");
}

TEST(CapturedMails, keeps_the_newest_up_to_the_limit) {
  CapturedMails mails;
  for (std::size_t i = 0; i < limits::kCapturedMails + 3; ++i) mails.add(mail(i));
  const auto kept = mails.list();
  ASSERT_EQ(kept.size(), limits::kCapturedMails);
  EXPECT_EQ(kept.front().id, std::to_string(limits::kCapturedMails + 2));
  EXPECT_EQ(kept.back().id, "3");
}

TEST(CapturedMails, may_be_used_from_several_threads) {
  CapturedMails mails;
  std::thread reader([&] {
    for (int i = 0; i < 20; ++i) EXPECT_LE(mails.list().size(), 200U);
  });
  std::thread writer([&] {
    for (std::size_t i = 0; i < 100; ++i) mails.add(mail(i));
  });
  for (std::size_t i = 100; i < 200; ++i) mails.add(mail(i));
  reader.join();
  writer.join();
  EXPECT_EQ(mails.list().size(), 200U);
}

/// One email, and what became of it.
class SingleMail final : public MailSource {
 public:
  explicit SingleMail(Mail mail) : mail_(std::move(mail)) {}
  std::optional<Mail> next() override { return std::exchange(mail_, std::nullopt); }
  void finished(const DeliveryReport& given) override { reports.push_back(given); }
  void give_back() override { FAIL() << "a captured message is never given back"; }

  std::vector<DeliveryReport> reports;

 private:
  std::optional<Mail> mail_;
};

TEST(CaptureMailer, delivers_at_once_and_whole) {
  CapturedMails mails;
  CaptureMailer mailer(mails);
  Mail message = mail(7);
  message.kind = "confirm";
  message.to = "anna@example.com";
  message.locale = "ru";
  message.text = "text";
  message.html = "<p>html</p>";
  message.date = from_unix_ms(1'795'359'845'000);

  SingleMail source(message);
  mailer.deliver(source);
  mailer.idle();

  ASSERT_EQ(source.reports.size(), 1U);
  EXPECT_EQ(source.reports[0].outcome, DeliveryOutcome::kSent);
  EXPECT_FALSE(source.reports[0].relay_fault);
  const auto kept = mails.list();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].id, "7");
  EXPECT_EQ(kept[0].kind, "confirm");
  EXPECT_EQ(kept[0].to, "anna@example.com");
  EXPECT_EQ(kept[0].locale, "ru");
  EXPECT_EQ(kept[0].text, "text");
  EXPECT_EQ(kept[0].html, "<p>html</p>");
  EXPECT_EQ(kept[0].date, message.date);
}

}  // namespace
}  // namespace postern
