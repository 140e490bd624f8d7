// Who is at fault, and what follows: replies as servers and providers send them, by step and
// history. A row is one reply; a new case is one more row.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "mail_smtp/verdict.hpp"

namespace postern {
namespace {

constexpr std::string_view kRecipient = "reader@example.net";

using enum SmtpStep;
using F = RelayFault;

// The outcomes. Message: it has failed, or is deferred and counted.
constexpr Verdict kFailed{.outcome = DeliveryOutcome::kFailed, .next = NextAttempt::kNever};
constexpr Verdict kDefer{};
// Broken off before the final dot: deferred, unless another relay takes it.
constexpr Verdict kBroken{.try_next_relay = true};
// No reply after the final dot.
constexpr Verdict kUnknown{.next = NextAttempt::kUnknownPause};
constexpr Verdict kUnknownHeld{
    .fault = F::kService, .hold = true, .next = NextAttempt::kUnknownPause};

// Relay or path: not counted, held back, the next relay is tried.
constexpr Verdict held(F fault, FaultOwner owner = FaultOwner::kRelay) {
  return {owner, DeliveryOutcome::kDeferred, false, fault, true, true, NextAttempt::kRelayReturns};
}
constexpr Verdict path(F fault) { return held(fault, FaultOwner::kPath); }
// The same job once more: counted, the relay is not held back for it.
constexpr Verdict again(F fault) {
  return {FaultOwner::kRelay,   DeliveryOutcome::kDeferred, true, fault, false, true,
          NextAttempt::kBackOff};
}

constexpr DeliveryHistory kFirst{};
constexpr DeliveryHistory kBlamed{.blamed_relay = true};
constexpr DeliveryHistory kOtherCutOff{.other_job_cut_off = true};
constexpr DeliveryHistory kWarm{.other_job_cut_off = true, .new_connection = false};
constexpr DeliveryHistory kUnknownTwice{.unknown_outcomes = 2};

struct Row {
  const char* from;
  SmtpStep step;
  /// The server's reply; '!' and a code of ours: none.
  const char* reply;
  Verdict verdict;
  DeliveryHistory history = kFirst;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      // Before the first transaction: nothing is about a job.
      {"path", kConnect, "!smtp_unreachable", path(F::kPath)},
      {"path", kConnect, "!smtp_timeout", path(F::kPath)},
      {"path", kGreeting, "!smtp_timeout", path(F::kPath)},
      {"path", kGreeting, "!smtp_closed", path(F::kPath)},
      {"path", kGreeting, "!smtp_protocol", path(F::kPath)},
      {"path", kStartTls, "!smtp_tls", path(F::kTls)},
      {"path", kStartTls, "!smtp_closed", path(F::kPath)},
      {"path", kEhlo, "!smtp_closed", path(F::kPath)},
      {"path", kAuth, "!smtp_timeout", path(F::kPath)},
      {"path", kAuth, "!smtp_auth", path(F::kLogin)},
      {"Postfix", kGreeting, "421 4.3.2 Service not available", held(F::kPath)},
      {"Postfix", kGreeting, "421 4.7.0 mx Error: too many connections from 192.0.2.1",
       held(F::kPath)},
      {"Postfix", kGreeting, "554 5.7.1 mx ESMTP not accepting messages", held(F::kPath)},
      {"Exim", kGreeting, "550 Access denied", held(F::kPath)},
      {"SES", kGreeting, "421 Too many concurrent SMTP connections", held(F::kPath)},
      {"Gmail", kGreeting, "421 4.7.0 Try again later, closing connection.", held(F::kPath)},
      {"Gmail", kEhlo, "421 4.7.0 Try again later, closing connection. (EHLO)", held(F::kName)},
      {"Postfix", kEhlo,
       "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
       held(F::kName)},
      {"Exim", kEhlo, "550 Access denied - Invalid HELO name", held(F::kName)},
      {"old", kEhlo, "502 5.5.1 Command not implemented", held(F::kName)},
      {"Postfix", kStartTls, "454 4.7.0 TLS not available due to local problem", held(F::kPath)},
      {"M365", kAuth, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled",
       held(F::kLogin)},
      {"M365", kAuth, "535 5.7.3 Authentication unsuccessful", held(F::kLogin)},
      {"Gmail", kAuth, "535 5.7.8 Username and Password not accepted", held(F::kLogin)},
      {"Gmail", kAuth, "534 5.7.9 Application-specific password required", held(F::kLogin)},
      {"Gmail", kAuth, "454 4.7.0 Too many login attempts, please try again later", held(F::kPath)},
      {"Yandex", kAuth, "535 5.7.8 Error: authentication failed: Invalid user or password",
       held(F::kLogin)},
      {"Mail.ru", kAuth, "535 5.7.0 NEOBHODIM parol prilozheniya", held(F::kLogin)},
      {"SendGrid", kAuth, "451 Authentication failed: Maximum credits exceeded", held(F::kPath)},
      {"Exim", kAuth, "535 Incorrect authentication data", held(F::kLogin)},
      {"Dovecot", kAuth, "454 4.7.0 Temporary authentication failure", held(F::kPath)},

      // MAIL: neither recipient nor content is known.
      {"Yandex", kMail, "553 5.7.1 Sender address rejected: not owned by auth user.",
       held(F::kSender)},
      {"Postfix", kMail, "451 4.3.0 Error: queue file write error", held(F::kService)},
      {"Postfix", kMail, "452 4.3.1 Insufficient system storage", held(F::kService)},
      {"Postfix", kMail, "450 4.7.1 Error: too much mail from 192.0.2.1", held(F::kService)},
      {"Postfix", kMail, "552 5.3.4 Message size exceeds fixed limit", kFailed},
      {"Postfix", kMail, "530 5.7.0 Must issue a STARTTLS command first", held(F::kLogin)},
      {"Exchange", kMail, "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail",
       held(F::kLogin)},
      {"Exchange", kMail, "452 4.3.1 Insufficient system resources", held(F::kService)},
      {"hMailServer", kMail, "530 SMTP authentication is required.", held(F::kLogin)},
      {"Courier", kMail, "517 Domain does not exist: example.com.", held(F::kSender)},
      {"Mail.ru", kMail, "550 not local sender over smtp", held(F::kSender)},
      {"Exim", kMail, "501 sender address must contain a domain", held(F::kSender)},
      {"Exim", kMail, "421 Unexpected failure, please try later", held(F::kService)},
      {"SES", kMail, "554 Message rejected: Sending paused for this account", held(F::kQuota)},
      {"SendGrid", kMail, "550 Unauthenticated senders not allowed", held(F::kSender)},
      {"Gmail", kMail, "530 5.7.0 Authentication Required", held(F::kLogin)},
      {"any", kMail, "553 5.7.1 sender not owned", held(F::kSender), kBlamed},

      // RCPT: the recipient.
      {"case S2", kRcpt, "571 Delivery not authorized, message refused", kFailed},
      {"case S6", kRcpt, "421 4.3.0 Recipient not in route list", kDefer},
      {"Gmail", kRcpt, "550 5.1.1 The email account that you tried to reach does not exist",
       kFailed},
      {"Gmail", kRcpt, "550 5.2.1 The email account that you tried to reach is disabled", kFailed},
      {"Gmail", kRcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
       kDefer},
      {"Gmail", kRcpt,
       "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents"
       " additional messages from being delivered",
       kFailed},
      {"Gmail", kRcpt, "452 4.2.2 The recipient's inbox is out of storage space", kDefer},
      {"Gmail", kRcpt, "552 5.2.2 The recipient's inbox is out of storage space and inactive",
       kFailed},
      {"Gmail", kRcpt, "450 4.2.1 Peak SMTP relay limit exceeded for customer", held(F::kQuota)},
      {"Gmail", kRcpt, "550 5.7.1 Daily SMTP relay limit exceeded for customer", held(F::kQuota)},
      {"Gmail", kRcpt, "550 5.4.5 Daily SMTP relay sending limit exceeded", held(F::kQuota)},
      {"Gmail", kRcpt, "452 4.5.3 Your message has too many recipients", kDefer},
      {"Gmail", kRcpt, "553 5.1.2 We weren't able to find the recipient domain", kFailed},
      {"Postfix", kRcpt, "550 5.1.1 <reader@example.net>: Recipient address rejected: User unknown",
       kFailed},
      {"Postfix", kRcpt, "554 5.7.1 <reader@example.net>: Relay access denied", held(F::kRelaying)},
      {"Postfix", kRcpt, "454 4.7.1 <reader@example.net>: Relay access denied", held(F::kRelaying)},
      {"Postfix", kRcpt,
       "553 5.7.1 <a@example.com>: Sender address rejected: not owned by user a@example.com",
       held(F::kSender)},
      {"Postfix", kRcpt,
       "450 4.1.1 <reader@example.net>: unverified address: mx said: try again later", kDefer},
      {"Postfix", kRcpt, "450 4.2.0 <reader@example.net>: Recipient address rejected: Greylisted",
       kDefer},
      {"Postfix", kRcpt, "451 4.7.1 Greylisting in action, please come back later", kDefer},
      {"Postfix", kRcpt, "554 5.7.1 <host[192.0.2.1]>: Client host rejected: Access denied",
       held(F::kPath)},
      {"Postfix", kRcpt, "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",
       held(F::kName)},
      {"Postfix", kRcpt, "452 4.5.3 Error: too many recipients", kDefer},
      {"Postfix", kRcpt, "552 5.2.2 <reader@example.net>: Recipient address rejected: Mailbox full",
       kFailed},
      {"Postfix", kRcpt, "450 4.7.1 Error: too many errors after RCPT", kDefer},
      {"Exim", kRcpt, "550 relay not permitted", held(F::kRelaying)},
      {"Exim", kRcpt, "550 Administrative prohibition", kFailed},
      {"Exim", kRcpt, "550 Unrouteable address", kFailed},
      {"Exim", kRcpt, "550-Verification failed for <a@example.com>\n550 Sender verify failed",
       held(F::kSender)},
      {"Exim", kRcpt, "451 Temporary local problem - please try later", kDefer},
      {"Exim", kRcpt, "450 retry timeout exceeded", kDefer},
      {"Courier", kRcpt, "513 Relaying denied.", held(F::kRelaying)},
      {"Courier", kRcpt, "550 User unknown.", kFailed},
      {"Courier", kRcpt, "511 Mailbox does not exist", kFailed},
      {"Exchange", kRcpt, "550 5.7.1 Unable to relay", held(F::kRelaying)},
      {"Exchange", kRcpt, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
       held(F::kRelaying)},
      {"Exchange", kRcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", kFailed},
      {"Exchange", kRcpt, "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", kFailed},
      {"Exchange", kRcpt, "550 5.7.136 Sender was not authenticated", kFailed},
      {"M365", kRcpt, "550 5.1.8 Access denied, bad outbound sender AS(41234)", held(F::kSender)},
      {"M365", kRcpt, "550 5.7.64 TenantAttribution; Relay Access Denied", held(F::kRelaying)},
      {"M365", kRcpt, "550 5.7.708 Access denied, traffic not accepted from this IP",
       held(F::kQuota)},
      {"M365", kRcpt, "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", kDefer},
      {"hMailServer", kRcpt, "550 Unknown user", kFailed},
      {"hMailServer", kRcpt, "550 Delivery is not allowed to this address.", kFailed},
      {"hMailServer", kRcpt, "530 SMTP authentication is required.", held(F::kLogin)},
      {"Mailgun", kRcpt, "550 5.7.1 Relaying denied", held(F::kRelaying)},
      {"Mailgun", kRcpt,
       "421 Domain sandbox.example is not allowed to send: Free accounts are for test purposes "
       "only",
       held(F::kSender)},
      {"Yandex", kRcpt, "550 5.7.1 No such user!", kFailed},
      {"Yandex", kRcpt,
       "451 4.7.1 Sorry, the service is currently unavailable. Please come back later.", kDefer},
      {"Mail.ru", kRcpt,
       "550 Message was not accepted -- invalid mailbox. Local mailbox"
       " reader@example.net is unavailable: user not found",
       kFailed},
      {"SendGrid", kRcpt, "452 Too many recipients received this hour", kDefer},
      {"SendGrid", kRcpt, "550 Invalid recipient", kFailed},
      {"SMTP2GO", kRcpt, "550 Relay access denied - please authenticate", held(F::kRelaying)},
      {"any", kRcpt, "552 Mailbox quota exceeded", kFailed},
      {"any", kRcpt, "550 5.5.0 too many hops", kFailed},
      {"any", kRcpt, "599 no such user here", kFailed},
      {"any", kRcpt, "499 not now", kDefer},
      {"any", kRcpt, "550 5.7.1 <too.many@example.net> unknown", kFailed},
      {"any", kRcpt, "354 go ahead", kBroken},
      {"any", kRcpt, "535 5.7.8 Authentication credentials invalid", held(F::kLogin)},
      {"any", kRcpt, "554 5.7.1 Relay access denied", again(F::kRelaying), kBlamed},
      {"any", kRcpt, "550 5.1.1 unknown", kFailed, kBlamed},
      {"any", kRcpt, "451 later", kDefer, kOtherCutOff},
      {"path", kRcpt, "!smtp_closed", kBroken},
      {"path", kRcpt, "!smtp_timeout", kBroken},
      {"path", kRcpt, "!smtp_protocol", kBroken},
      {"path", kRcpt, "!smtp_closed", path(F::kService), kOtherCutOff},
      {"path", kRcpt, "!smtp_timeout", path(F::kService), kOtherCutOff},
      {"path", kRcpt, "!smtp_closed", kBroken, kWarm},
      {"path", kMail, "!smtp_closed", path(F::kService), kOtherCutOff},
      {"path", kMail, "!smtp_closed", kBroken},

      // DATA.
      {"Postfix", kData, "554 5.5.1 Error: no valid recipients", kFailed},
      {"Postfix", kData, "451 4.3.0 Error: queue file write error", kDefer},
      {"Exim", kData, "503-All RCPT commands were rejected\n503 valid RCPT must precede DATA",
       kFailed},
      {"Gmail", kData, "421 4.3.0 Temporary System Problem. Try again later", kDefer},
      {"SES", kData, "454 4.7.0 Throttling failure: Maximum sending rate exceeded", held(F::kRate)},
      {"any", kData, "250 ok", kBroken},
      {"path", kData, "!smtp_closed", kBroken},

      // The final dot: the content, and what is known only now.
      {"case S3", kMessage,
       "554 5.2.252 SendAsDenied; app@example.com not allowed to send as no-reply@example.com",
       held(F::kSender)},
      {"case S3", kMessage,
       "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
       held(F::kSender)},
      {"case S3", kMessage,
       "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
       again(F::kSender), kBlamed},
      {"case S4", kMessage, "550 5.7.0 Requested action not taken: too many emails per second",
       held(F::kRate)},
      {"case S4", kMessage, "550 5.7.0 Requested action not taken: too many emails per second",
       again(F::kRate), kBlamed},
      {"case S4", kMessage, "550 5.4.5 Daily user sending limit exceeded", held(F::kQuota)},
      {"Gmail", kMessage,
       "550 5.7.26 This mail has been blocked because the sender is unauthenticated",
       held(F::kSender)},
      {"Gmail", kMessage, "421 4.7.28 Our system has detected an unusual rate of unsolicited mail",
       held(F::kRate)},
      {"Gmail", kMessage, "550 5.7.28 There is an unusual rate of unsolicited mail from your IP",
       held(F::kRate)},
      {"Gmail", kMessage,
       "552 5.7.0 This message was blocked because its content presents a"
       " potential security issue",
       kFailed},
      {"Gmail", kMessage,
       "550 5.7.1 Our system has detected that this message is likely"
       " unsolicited mail",
       kFailed},
      {"Gmail", kMessage, "552 5.3.4 Your message exceeded Google's message size limits", kFailed},
      {"Gmail", kMessage, "451 4.3.0 Mail server temporarily rejected message", kDefer},
      {"M365", kMessage,
       "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
       held(F::kSender)},
      {"M365", kMessage, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
       held(F::kQuota)},
      {"M365", kMessage,
       "550 5.1.90 Your message can't be sent because you've reached your daily"
       " limit for message recipients",
       held(F::kQuota)},
      {"M365", kMessage, "550 5.7.705 Access denied, tenant has exceeded threshold",
       held(F::kQuota)},
      {"M365", kMessage, "550 5.7.501 Access denied, spam abuse detected", held(F::kQuota)},
      {"M365", kMessage,
       "550 5.7.750 Service unavailable. Client blocked from sending from"
       " unregistered domains",
       held(F::kSender)},
      {"M365", kMessage,
       "550 5.7.233 Your message can't be sent because your tenant exceeded its"
       " daily limit",
       held(F::kQuota)},
      {"M365", kMessage, "432 4.3.2 Concurrent connections limit exceeded", kDefer},
      {"M365", kMessage, "451 4.7.500 Server busy. Please try again later", kDefer},
      {"M365", kMessage, "550 5.6.0 M2MCVT.StorageError.Exception; content conversion failed",
       kFailed},
      {"SES", kMessage,
       "554 Message rejected: Email address is not verified. The following"
       " identities failed the check",
       held(F::kSender)},
      {"SES", kMessage, "454 Throttling failure: Maximum sending rate exceeded", held(F::kRate)},
      {"SES", kMessage, "454 Throttling failure: Daily message quota exceeded", held(F::kQuota)},
      {"SES", kMessage, "554 Transaction failed: User name is missing", kFailed},
      {"SES", kMessage, "451 Temporary service failure", kDefer},
      {"Postmark", kMessage,
       "550 The From address you supplied is not a Sender Signature on your"
       " account",
       held(F::kSender)},
      {"Postmark", kMessage, "550 Account is disabled", held(F::kQuota)},
      {"Postmark", kMessage, "406 You tried to send to an inactive recipient", kDefer},
      {"Mailgun", kMessage, "550 5.7.1 Account disabled", held(F::kQuota)},
      {"Mailgun", kMessage,
       "421 4.7.0 Domain example.com is not allowed to send: recipient limit"
       " exceeded",
       held(F::kSender)},
      {"SendGrid", kMessage, "550 The from address does not match a verified Sender Identity",
       held(F::kSender)},
      {"SendGrid", kMessage, "403 You are not authorized to send from that email address",
       held(F::kSender)},
      {"SendGrid", kMessage, "550 Maximum credits exceeded", held(F::kQuota)},
      {"Yandex", kMessage, "554 5.7.1 Message rejected under suspicion of SPAM", kFailed},
      {"Yandex", kMessage, "550 5.7.1 Too many messages from your account; try again later",
       held(F::kRate)},
      {"Mail.ru", kMessage, "550 spam message rejected", kFailed},
      {"Mail.ru", kMessage, "451 Ratelimit exceeded for mailbox. Try again later", kDefer},
      {"Mail.ru", kMessage, "550 5.7.1 Sender domain is not verified", held(F::kSender)},
      {"Postfix", kMessage, "554 5.7.1 Service unavailable; content rejected", kFailed},
      {"Postfix", kMessage, "552 5.3.4 Error: message file too big", kFailed},
      {"Postfix", kMessage, "451 4.3.0 Error: queue file write error", kDefer},
      {"Postfix", kMessage, "550 5.7.1 Command rejected", kFailed},
      {"Exim", kMessage, "550 This message scored 9.9 spam points", kFailed},
      {"Exim", kMessage, "550 Message size limit exceeded", kFailed},
      {"Courier", kMessage, "552 Quota exceeded for user mailbox", kFailed},
      {"Exchange", kMessage, "550 5.7.1 Client does not have permissions to send as this sender",
       held(F::kSender)},
      {"Exchange", kMessage, "421 4.4.2 Message submission rate for this client has exceeded",
       kDefer},
      {"hMailServer", kMessage, "554 Rejected: virus found", kFailed},
      {"hMailServer", kMessage, "550 Sender domain does not have any MX records", held(F::kSender)},
      {"GMX", kMessage, "550 Requested action not taken: mailbox unavailable", kFailed},
      {"any", kMessage, "554 5.7.1 hourly limit reached for this account", held(F::kQuota)},
      {"any", kMessage, "550 account suspended", held(F::kQuota)},
      {"any", kMessage, "421 bye", kDefer},
      {"any", kMessage, "538 encryption required", held(F::kLogin)},
      {"path", kMessage, "!dot smtp_timeout", kUnknown},
      {"path", kMessage, "!dot smtp_closed", kUnknown},
      {"path", kMessage, "!dot smtp_protocol", kUnknown},
      {"path", kMessage, "!dot smtp_timeout", kFailed, kUnknownTwice},
      {"path", kMessage, "!dot smtp_closed", kUnknownHeld, kOtherCutOff},
      {"path", kMessage, "!dot smtp_closed", kUnknown, kWarm},
      {"path", kMessage, "!smtp_closed", kBroken},
      {"path", kMessage, "!smtp_closed", path(F::kService), kOtherCutOff},
  };
  return all;
}

SmtpFailure failure_of(const Row& row) {
  SmtpFailure failure{.step = row.step};
  std::string text = row.reply;
  if (text.starts_with("!dot ")) {
    failure.unknown = true;
    text = "!" + text.substr(5);
  }
  if (text.starts_with('!')) {
    failure.error = {text.substr(1), Retry::kLater, "in our words"};
    return failure;
  }
  SmtpReplyParser parser;
  EXPECT_TRUE(parser.feed(text + "\n")) << text;
  EXPECT_TRUE(parser.complete()) << text;
  failure.reply = parser.take();
  return failure;
}

std::string show(const Verdict& verdict) {
  const char* owners[] = {"message", "relay", "path"};
  const char* nexts[] = {"never", "back-off", "relay returns", "pause"};
  return std::string(owners[static_cast<int>(verdict.owner)]) +
         (verdict.outcome == DeliveryOutcome::kFailed ? ", failed" : ", later") +
         (verdict.counts ? ", counts" : ", free") + ", fault " +
         std::to_string(static_cast<int>(verdict.fault)) + (verdict.hold ? ", held" : "") +
         (verdict.try_next_relay ? ", next relay, " : ", ") + nexts[static_cast<int>(verdict.next)];
}

TEST(SmtpVerdictTable, R6_S2_S3_S4_S6_each_failure_belongs_to_exactly_one) {
  for (const Row& row : rows()) {
    const Verdict verdict = judge(failure_of(row), row.history, kRecipient);
    EXPECT_EQ(verdict, row.verdict)
        << row.from << ", " << step_name(row.step) << ": " << row.reply << "\n  is     "
        << show(verdict) << "\n  wanted " << show(row.verdict);
  }
}

TEST(SmtpVerdictTable, R6_is_large_enough_and_what_follows_from_its_columns_holds) {
  EXPECT_GE(rows().size(), 120U);
  for (const Row& row : rows()) {
    const Verdict verdict = judge(failure_of(row), row.history, kRecipient);
    const bool ours = verdict.owner != FaultOwner::kMessage;
    EXPECT_FALSE(ours && verdict.outcome == DeliveryOutcome::kFailed) << row.reply;
    EXPECT_EQ(verdict.counts, verdict.next != NextAttempt::kRelayReturns) << row.reply;
    // A job that waits for a relay waits for one that is held back, or it would be tried at once.
    EXPECT_TRUE(verdict.next != NextAttempt::kRelayReturns || verdict.hold) << row.reply;
    EXPECT_TRUE(!verdict.hold || verdict.fault != F::kNone) << row.reply;
    if (verdict.hold) {
      EXPECT_FALSE(advice(verdict.fault, {}).empty());
    }
  }
}

TEST(SmtpVerdictTable, R7_a_chosen_address_holds_no_relay_back) {
  const std::vector<std::string> addresses = {"sendas@example.net", "throttl@example.net",
                                              "submissionquota@example.net", "a@sendas.example",
                                              "ratelimit@example.net"};
  for (const std::string& address : addresses) {
    const std::string local = address.substr(0, address.find('@'));
    for (const std::string& text :
         {"<" + address + ">: unknown", local + " unknown user", "no such domain as " + address,
          "host of " + address.substr(address.find('@') + 1) + " unknown"}) {
      SmtpFailure failure{.step = kRcpt, .reply = {550, "", {text}}};
      EXPECT_EQ(judge(failure, kFirst, address), kFailed) << text;
    }
  }
}

TEST(RelayFaults, S9_pauses_grow_and_no_further) {
  using std::chrono::milliseconds;
  using namespace std::chrono_literals;
  const auto hold = [](F fault, int failures, milliseconds outage) {
    return hold_time(fault, failures, outage);
  };
  EXPECT_EQ(hold(F::kPath, 1, 0s), 1s);
  EXPECT_EQ(hold(F::kPath, 60, 60s), 1s);
  EXPECT_EQ(hold(F::kPath, 90, 120s), 2s);
  EXPECT_EQ(hold(F::kPath, 500, 24h), 30s);
  EXPECT_EQ(hold(F::kLogin, 1, 0s), 1s);
  EXPECT_EQ(hold(F::kLogin, 5, 0s), 16s);
  EXPECT_EQ(hold(F::kLogin, 11, 0s), 15min);
  EXPECT_EQ(hold(F::kLogin, 1000, 0s), 15min);
  EXPECT_EQ(hold(F::kRate, 1000, 0s), 30s);
}

}  // namespace
}  // namespace postern
