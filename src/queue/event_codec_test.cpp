#include "queue/event_codec.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));
constexpr const char* kAnna = "019aa0c4-7c1b-7def-8123-0123456789ab";

Settled settled(Settlement settlement) {
  Settled settled;
  settled.settlement = settlement;
  settled.mail_id = "mail-1";
  settled.account_id = kAnna;
  settled.kind = "confirm";
  settled.reason = "451 4.7.1 try later";
  return settled;
}

TEST(EventCodec, a_mail_event_comes_back_as_it_was_written) {
  const auto next = kNoon + std::chrono::seconds(10);
  for (const auto end : {Settlement::kDone, Settlement::kLater, Settlement::kDead}) {
    const auto status = to_mail_status(settled(end), kNoon, next);
    const auto events = decode_mail_events(encode_mail_event(status, "event-1"));
    ASSERT_EQ(events.size(), 1U);
    const auto& read = events.front();
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->state, status.state);
    EXPECT_EQ(read->mail_id, "mail-1");
    EXPECT_EQ(read->account_id, kAnna);
    EXPECT_EQ(read->kind, "confirm");
    EXPECT_EQ(read->changed_at, kNoon);
    EXPECT_EQ(read->next_try_at, end == Settlement::kLater ? next : TimePoint{});
    EXPECT_EQ(read->reason, end == Settlement::kDone ? "" : "451 4.7.1 try later");
  }
}

TEST(EventCodec, what_is_no_mail_event_is_refused) {
  const auto good = encode_mail_event(to_mail_status(settled(Settlement::kDone), kNoon, {}), "e");
  const auto with = [&](const std::string& old, const std::string& text) {
    std::string body = good;
    return body.replace(body.find(old), old.size(), text);
  };
  for (const auto& body :
       {std::string("{"), std::string("[]"), with("\"v\":1", "\"v\":2"),
        with("mail.sent", "account.registered"), with("\"at\":\"2", "\"at\":\"x"),
        with("\"mail-1\"", "\"mail\\u0000\""), with(kAnna, ""), with(kAnna, "42"),
        with(kAnna, "id-anna"), std::string(R"({"v":1,"events":1})"),
        std::string(R"({"v":1,"events":["mail.sent"]})")}) {
    const auto events = decode_mail_events(body);
    ASSERT_EQ(events.size(), 1U) << body;
    const auto& read = events.front();
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, "bad_event");
    EXPECT_EQ(read.error().retry, Retry::kNever);
  }
}

TEST(EventCodec, a_pack_holds_all_events_in_messages_that_the_broker_s_reader_takes) {
  std::vector<std::string> events;
  for (int i = 0; i < 200; ++i) {
    auto status = to_mail_status(settled(Settlement::kDead), kNoon, {});
    status.mail_id = "mail-" + std::to_string(i);
    events.push_back(encode_mail_event(status, "event"));
  }
  const auto packs = pack_mail_events(events);
  EXPECT_GT(packs.size(), 1U);
  EXPECT_LT(packs.size(), 6U);
  std::vector<std::string> read;
  for (const auto& pack : packs) {
    EXPECT_LE(pack.size(), limits::kJobBytes);
    for (const auto& event : decode_mail_events(pack)) {
      ASSERT_TRUE(event) << event.error().detail;
      read.push_back(event->mail_id);
    }
  }
  ASSERT_EQ(read.size(), 200U);
  EXPECT_EQ(read.front(), "mail-0");
  EXPECT_EQ(read.back(), "mail-199");
  EXPECT_TRUE(pack_mail_events({}).empty());
}

TEST(EventCodec, a_bad_event_in_a_pack_leaves_the_others_alone) {
  const auto good = encode_mail_event(to_mail_status(settled(Settlement::kDone), kNoon, {}), "e");
  const std::vector<std::string> events{good, R"({"v":1,"type":"mail.lost"})", good};
  const auto read = decode_mail_events(pack_mail_events(events).front());
  ASSERT_EQ(read.size(), 3U);
  EXPECT_TRUE(read[0]);
  EXPECT_FALSE(read[1]);
  EXPECT_TRUE(read[2]);
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
