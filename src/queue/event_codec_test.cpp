#include "queue/event_codec.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));
constexpr const char* kAnna = "019aa0c4-7c1b-7def-8123-0123456789ab";

MailStatus outcome_of(DeliveryOutcome outcome) {
  Settled settled;
  settled.outcome = outcome;
  settled.mail_id = "mail-1";
  settled.account_id = kAnna;
  settled.kind = "confirm";
  settled.reason = "451 4.7.1 try later";
  settled.relay = "smtp.example.net";
  auto status = to_mail_status(settled, kNoon, kNoon + std::chrono::seconds(10));
  status.attempt = 3;
  return status;
}

std::string encoded(const MailStatus& status) { return encode_outcomes({&status, 1}).at(0); }

constexpr auto kOutcomes = {DeliveryOutcome::kSent, DeliveryOutcome::kDeferred,
                            DeliveryOutcome::kFailed};

TEST(EventCodec, an_outcome_comes_back_as_it_was_written) {
  for (const auto outcome : kOutcomes) {
    const auto outcomes = decode_outcomes(encoded(outcome_of(outcome)));
    ASSERT_EQ(outcomes.size(), 1U);
    const auto& read = outcomes.front();
    ASSERT_TRUE(read) << read.error().cause;
    const bool deferred = outcome == DeliveryOutcome::kDeferred;
    EXPECT_EQ(read->outcome, outcome);
    EXPECT_EQ(read->mail_id, "mail-1");
    EXPECT_EQ(read->account_id, kAnna);
    EXPECT_EQ(read->kind, "confirm");
    EXPECT_EQ(read->changed_at, kNoon);
    EXPECT_EQ(read->attempt, 3);
    EXPECT_EQ(read->relay, "smtp.example.net");
    EXPECT_EQ(read->next_attempt_at, deferred ? kNoon + std::chrono::seconds(10) : TimePoint{});
    EXPECT_EQ(read->reply, "451 4.7.1 try later");
  }
}

TEST(EventCodec, an_outcome_of_a_third_party_worker_needs_the_names_the_outcome_and_the_time) {
  const auto outcomes = decode_outcomes(
      R"({"v":1,"more":{},"outcomes":[{"mail_id":"mail-1","kind":"recover","outcome":"failed",)"
      R"("account_id":"019aa0c4-7c1b-7def-8123-0123456789ab","at":"2026-11-22T10:00:00Z"}]})");
  ASSERT_EQ(outcomes.size(), 1U);
  ASSERT_TRUE(outcomes[0]) << outcomes[0].error().cause;
  EXPECT_EQ(outcomes[0]->outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(outcomes[0]->attempt, 1);
  EXPECT_EQ(outcomes[0]->relay, "");
  EXPECT_EQ(outcomes[0]->reply, "");
}

TEST(EventCodec, a_long_reply_is_cut_between_its_characters) {
  std::string reply = "5";
  while (reply.size() <= limits::kReasonBytes) reply += "й";
  auto status = outcome_of(DeliveryOutcome::kFailed);
  status.reply = status.relay = reply;
  const auto outcomes = decode_outcomes(encoded(status));
  ASSERT_EQ(outcomes.size(), 1U);
  ASSERT_TRUE(outcomes[0]) << outcomes[0].error().cause;
  EXPECT_EQ(outcomes[0]->reply, reply.substr(0, limits::kReasonBytes - 1));
  EXPECT_EQ(outcomes[0]->relay, outcomes[0]->reply);
  const auto event = parse_json_object(encode_mail_event(*outcomes[0], "event-1"));
  ASSERT_TRUE(event) << event.error().cause;
  EXPECT_EQ(string_at(*event, "reply"), outcomes[0]->reply);
}

TEST(EventCodec, what_is_no_outcome_is_refused) {
  const auto good = encoded(outcome_of(DeliveryOutcome::kSent));
  const auto with = [&](const std::string& old, const std::string& text) {
    std::string body = good;
    return body.replace(body.find(old), old.size(), text);
  };
  for (const auto& body :
       {std::string("{"), std::string("[]"), std::string("{}"), with("\"v\":1", "\"v\":2"),
        with("\"sent\"", "\"queued\""), with("\"sent\"", "1"), with("\"at\":\"2", "\"at\":\"x"),
        with("\"mail-1\"", "\"mail\\u0000\""), with(kAnna, ""), with(kAnna, "42"),
        with(kAnna, "id-anna"), std::string(R"({"v":1,"outcomes":1})"),
        std::string(R"({"v":1,"outcomes":["sent"]})")}) {
    const auto outcomes = decode_outcomes(body);
    ASSERT_EQ(outcomes.size(), 1U) << body;
    ASSERT_FALSE(outcomes[0]) << body;
    EXPECT_EQ(outcomes[0].error().code, "bad_outcome");
    EXPECT_EQ(outcomes[0].error().retry, Retry::kNever);
  }
}

TEST(EventCodec, batches_hold_all_outcomes_in_messages_that_the_reader_takes) {
  std::vector<MailStatus> outcomes(200, outcome_of(DeliveryOutcome::kFailed));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    outcomes[i].mail_id = "mail-" + std::to_string(i);
  }
  const auto batches = encode_outcomes(outcomes);
  EXPECT_GT(batches.size(), 1U);
  EXPECT_LT(batches.size(), 6U);
  std::vector<std::string> read;
  for (const auto& batch : batches) {
    EXPECT_LE(batch.size(), limits::kJobBytes);
    for (const auto& outcome : decode_outcomes(batch)) {
      ASSERT_TRUE(outcome) << outcome.error().cause;
      read.push_back(outcome->mail_id);
    }
  }
  ASSERT_EQ(read.size(), 200U);
  EXPECT_EQ(read.front(), "mail-0");
  EXPECT_EQ(read.back(), "mail-199");
  EXPECT_TRUE(encode_outcomes({}).empty());
}

TEST(EventCodec, a_bad_outcome_in_a_batch_leaves_the_others_alone) {
  const std::vector<MailStatus> good(2, outcome_of(DeliveryOutcome::kSent));
  std::string body = encode_outcomes(good).at(0);
  body.insert(body.find("},{") + 2, R"({"outcome":"lost"},)");
  const auto read = decode_outcomes(body);
  ASSERT_EQ(read.size(), 3U);
  EXPECT_TRUE(read[0]);
  EXPECT_FALSE(read[1]);
  EXPECT_TRUE(read[2]);
}

TEST(EventCodec, a_mail_event_has_the_fields_of_the_contract) {
  for (const auto outcome : kOutcomes) {
    const auto event = parse_json_object(encode_mail_event(outcome_of(outcome), "event-1"));
    ASSERT_TRUE(event);
    EXPECT_EQ(integer_at(*event, "v"), 1);
    EXPECT_EQ(string_at(*event, "id"), "event-1");
    EXPECT_EQ(string_at(*event, "type"), "mail." + std::string(to_string(outcome)));
    EXPECT_EQ(string_at(*event, "at"), to_rfc3339(kNoon));
    EXPECT_EQ(string_at(*event, "account_id"), kAnna);
    EXPECT_EQ(string_at(*event, "mail_id"), "mail-1");
    EXPECT_EQ(string_at(*event, "kind"), "confirm");
    EXPECT_EQ(integer_at(*event, "attempt"), 3);
    EXPECT_EQ(string_at(*event, "relay"), "smtp.example.net");
    const bool deferred = outcome == DeliveryOutcome::kDeferred;
    EXPECT_EQ(event->contains("next_attempt_at"), deferred);
    EXPECT_EQ(event->size(), deferred ? 11U : 10U) << "H5: these fields and no others";
  }
}

TEST(EventCodec, an_account_event_has_the_fields_of_the_contract) {
  const auto body =
      encode_account_event({"event-1", "session.created", kNoon, "anna", "session-1"});
  const auto event = parse_json_object(body);
  ASSERT_TRUE(event);
  EXPECT_EQ(integer_at(*event, "v"), 1);
  EXPECT_EQ(string_at(*event, "id"), "event-1");
  EXPECT_EQ(string_at(*event, "type"), "session.created");
  EXPECT_EQ(string_at(*event, "at"), to_rfc3339(kNoon));
  EXPECT_EQ(string_at(*event, "account_id"), "anna");
  EXPECT_EQ(string_at(*event, "session_id"), "session-1");
  EXPECT_EQ(encode_account_event({"e", "account.deleted", kNoon, "anna", ""}).find("session_id"),
            std::string::npos);
}

}  // namespace
}  // namespace postern
