#include "admin/email_commands.hpp"

#include <cstdio>
#include <optional>
#include <utility>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "mail_smtp/smtp_mailer.hpp"
#include "text/email.hpp"
#include "worker/message_builder.hpp"

namespace postern {
namespace {

constexpr const char* kSampleAddress = "anna@example.com";

/// As the worker builds it, but for the token's key, which is made up: the link opens nothing.
Result<Mail> sample_email(const MailSetup& setup, const SampleOptions& options,
                          const std::string& address) {
  const TimePoint now = SystemClock().now();
  MailJob job;
  job.mail_id = new_id(now);
  job.kind = parse_mail_kind(options.kind).value_or(MailKind::kConfirm);
  job.email = address;
  job.locale = options.locale;
  job.account_id = new_id(now);
  job.credential_version = 1;
  job.requested_at = now;
  job.requested_by = mask_email("boris@example.com");
  job.device = {"Firefox, Windows", "203.0.113.7"};
  constexpr std::size_t kKeyBytes = 32;
  const auto signer = MailTokenSigner::hs256(Secret(random_bytes(kKeyBytes)), setup.base_url);
  try {
    const Composer composer(setup.product, setup.mail_templates);
    return MessageBuilder(setup.base_url, setup.token_ttl, signer, composer).build(job, now);
  } catch (const std::runtime_error& error) {
    return Error{"bad_template", Retry::kNever, std::string("MAIL_TEMPLATES: ") + error.what()};
  }
}

class SingleMail final : public MailSource {
 public:
  explicit SingleMail(Mail mail) : mail_(std::move(mail)) {}

  std::optional<Mail> next() override { return std::exchange(mail_, std::nullopt); }
  void finished(const DeliveryReport& report) override { report_ = report; }
  /// Never announced behind another: there is none.
  void give_back() override {}
  const DeliveryReport& report() const { return report_; }

 private:
  std::optional<Mail> mail_;
  DeliveryReport report_;
};

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

}  // namespace

std::vector<std::string> mail_kinds() {
  std::vector<std::string> names;
  for (const auto kind : kMailKinds) names.emplace_back(to_string(kind));
  return names;
}

Status preview_email(const MailSetup& setup, const SampleOptions& options, MessagePart part) {
  const auto mail = sample_email(setup, options, kSampleAddress);
  if (!mail) return mail.error();
  if (part == MessagePart::kSubjectAndText) print("Subject: " + mail->subject + "\n\n");
  print(part == MessagePart::kHtml ? mail->html : mail->text);
  return {};
}

Status send_test_email(const MailSetup& setup, const SampleOptions& options,
                       const std::string& address) {
  if (setup.relays.empty()) {
    return Error{"no_relay", Retry::kNever, "SMTP_HOST is not set: emails are captured"};
  }
  const auto to = parse_email(address);
  if (!to) return to.error();
  auto mail = sample_email(setup, options, to->address);
  if (!mail) return mail.error();
  Logger log(LogLevel::kOff, LogFormat::kText);
  RelayPool relays(setup.relays, log);
  SingleMail link(*std::move(mail));
  SmtpMailer(relays).deliver(link);
  const auto& report = link.report();
  if (report.outcome == DeliveryOutcome::kSent) {
    std::printf("taken: %s\n", report.reason.c_str());
    return {};
  }
  const bool never = report.outcome == DeliveryOutcome::kFailed;
  std::string detail = "not taken: " + report.reason;
  for (const auto& relay : relays.states())
    if (!relay.advice.empty()) detail += "; " + relay.host + ": " + relay.advice;
  return Error{"not_sent", never ? Retry::kNever : Retry::kLater, detail};
}

}  // namespace postern
