#include "queue/job_codec.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <set>

#include "base/limits.hpp"
#include "queue/retry_delay.hpp"
#include "text/json_writer.hpp"

namespace postern {
namespace {

constexpr const char* kMailId = "019aa0c4-7c1b-7def-8123-456789abcdef";

MailJob sample_job() {
  return MailJob{.mail_id = kMailId,
                 .kind = MailKind::kRecover,
                 .account_id = "019aa0c4-7c1b-7def-8123-000000000001",
                 .email = "jane@example.com",
                 .locale = "ru",
                 .credential_version = 3,
                 .requested_at = from_unix_ms(1'763'823'845'123),
                 .expires_at = from_unix_ms(1'763'910'245'000),
                 .return_to = ""};
}

boost::json::object sample_object() {
  return boost::json::parse(encode_mail_job(sample_job())).as_object();
}

std::string code_of(const boost::json::object& object) {
  const auto job = decode_mail_job(boost::json::serialize(object));
  if (job) return "ok";
  EXPECT_EQ(job.error().retry, Retry::kNever);
  return job.error().code;
}

std::string code_with(std::string_view key, const auto& value) {
  auto object = sample_object();
  object[key] = boost::json::value_from(value);
  return code_of(object);
}

TEST(JobCodec, round_trip_keeps_every_field) {
  auto job = sample_job();
  job.return_to = "https://shop.example.com/cart?a=1&b=2";
  job.device = {"Samsung Internet, Android", "::ffff:203.0.113.7"};
  const auto back = decode_mail_job(encode_mail_job(job));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mail_id, job.mail_id);
  EXPECT_EQ(back->kind, job.kind);
  EXPECT_EQ(back->account_id, job.account_id);
  EXPECT_EQ(back->email, job.email);
  EXPECT_EQ(back->locale, job.locale);
  EXPECT_EQ(back->credential_version, job.credential_version);
  EXPECT_EQ(back->requested_at, job.requested_at);
  EXPECT_EQ(back->expires_at, job.expires_at);
  EXPECT_EQ(back->return_to, job.return_to);
  EXPECT_EQ(back->device.name, job.device.name);
  EXPECT_EQ(back->device.ip, job.device.ip);
}

TEST(JobCodec, H5_a_job_has_the_fields_of_the_contract_and_no_others) {
  std::set<std::string> keys;
  for (const auto& field : sample_object()) keys.emplace(field.key());
  EXPECT_EQ(keys, (std::set<std::string>{"v", "mail_id", "kind", "account_id", "email", "locale",
                                         "credential_version", "requested_at", "expires_at"}));
}

TEST(JobCodec, encodes_exactly_the_contract) {
  EXPECT_EQ(encode_mail_job(sample_job()),
            R"({"v":1,"mail_id":"019aa0c4-7c1b-7def-8123-456789abcdef","kind":"recover",)"
            R"("account_id":"019aa0c4-7c1b-7def-8123-000000000001","email":"jane@example.com",)"
            R"("locale":"ru","credential_version":3,"requested_at":"2025-11-22T15:04:05.123Z",)"
            R"("expires_at":"2025-11-23T15:04:05.000Z"})");
}

TEST(JobCodec, every_kind_goes_round) {
  for (const auto kind : {MailKind::kConfirm, MailKind::kRecover, MailKind::kAlreadyRegistered}) {
    auto job = sample_job();
    job.kind = kind;
    const auto back = decode_mail_job(encode_mail_job(job));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kind, kind);
  }
}

TEST(JobCodec, strings_are_escaped) {
  auto job = sample_job();
  job.return_to = "a\"b\\c\n\x01\x7f\xff\xd0\xb6";
  const auto parsed = boost::json::parse(encode_mail_job(job));
  EXPECT_EQ(parsed.at("return_to").as_string(), "a\"b\\c\n\x01\x7f\xef\xbf\xbd\xd0\xb6");
}

TEST(JobCodec, unknown_fields_are_ignored) {
  EXPECT_EQ(code_with("priority", 7), "ok");
  EXPECT_EQ(code_with("extra", boost::json::array{1, "x"}), "ok");
}

TEST(JobCodec, unknown_version_and_kind_have_codes_of_their_own) {
  EXPECT_EQ(code_with("v", 2), "unknown_version");
  EXPECT_EQ(code_with("v", 0), "unknown_version");
  EXPECT_EQ(code_with("v", "1"), "bad_job");
  EXPECT_EQ(code_with("kind", "greeting"), "unknown_kind");
  EXPECT_EQ(code_with("kind", 1), "bad_job");
}

TEST(JobCodec, an_unknown_version_is_reported_before_its_fields_are_judged) {
  EXPECT_EQ(code_of({{"v", 2}, {"to", "a person"}}), "unknown_version");
}

TEST(JobCodec, every_required_field_is_required) {
  for (const auto* key : {"v", "mail_id", "kind", "account_id", "email", "credential_version",
                          "requested_at", "expires_at"}) {
    auto object = sample_object();
    object.erase(key);
    EXPECT_EQ(code_of(object), "bad_job") << key;
    EXPECT_EQ(code_with(key, nullptr), "bad_job") << key;
    EXPECT_EQ(code_with(key, boost::json::array{}), "bad_job") << key;
  }
}

TEST(JobCodec, M1_controls_are_refused_again_in_every_field) {
  for (const auto* evil : {"a@example.com\r\nBcc: b@example.com", "a@example.com\n",
                           "\ra@example.com", "a@exam\tple.com", "a@example.com\x7f"}) {
    EXPECT_EQ(code_with("email", evil), "bad_job") << evil;
    EXPECT_EQ(code_with("mail_id", evil), "bad_job") << evil;
    EXPECT_EQ(code_with("account_id", evil), "bad_job") << evil;
    EXPECT_EQ(code_with("return_to", std::string("https://e.com/") + evil), "bad_job") << evil;
    EXPECT_EQ(code_with("requested_at", evil), "bad_job") << evil;
  }
  EXPECT_EQ(code_with("email", boost::json::string(std::string("a\0@example.com", 14))), "bad_job");
}

TEST(JobCodec, M2_one_string_address_only) {
  EXPECT_EQ(code_with("email", boost::json::array{"a@example.com", "b@example.com"}), "bad_job");
  EXPECT_EQ(code_with("email", "a@example.com,b@example.com"), "bad_job");
  EXPECT_EQ(code_with("email", "Jane <a@example.com>"), "bad_job");
  EXPECT_EQ(decode_mail_job(R"({"v":1,"v":1})").error().code, "bad_job");
}

TEST(JobCodec, ids_are_short_and_plain) {
  for (const std::string& id : {std::string(), std::string(65, 'a'), std::string("a>b"),
                                std::string("a b"), std::string("a@b")}) {
    EXPECT_EQ(code_with("mail_id", id), "bad_job") << id;
  }
  EXPECT_EQ(code_with("mail_id", "order-1_a.B"), "ok");
  EXPECT_EQ(code_with("account_id", ""), "bad_job");
  EXPECT_EQ(code_with("account_id", std::string(65, 'a')), "bad_job");
  for (const auto* external :
       {"42", "customer:7", "id-anna", "019AA0C4-7C1B-7DEF-8123-0123456789AB",
        "019aa0c47c1b7def81230123456789ab"}) {
    EXPECT_EQ(code_with("account_id", external), "bad_job") << "T12: " << external;
  }
  EXPECT_EQ(code_with("account_id", "019aa0c4-7c1b-7def-8123-0123456789ab"), "ok");
}

TEST(JobCodec, another_language_falls_back_to_english) {
  for (const boost::json::value& locale : {boost::json::value("xx"), boost::json::value(""),
                                           boost::json::value(7), boost::json::value(nullptr)}) {
    auto object = sample_object();
    object["locale"] = locale;
    const auto job = decode_mail_job(boost::json::serialize(object));
    ASSERT_TRUE(job);
    EXPECT_EQ(job->locale, "en");
  }
  auto object = sample_object();
  object["locale"] = "ru-RU";
  EXPECT_EQ(decode_mail_job(boost::json::serialize(object))->locale, "ru");
}

TEST(JobCodec, requested_by_is_optional_and_one_line) {
  EXPECT_EQ(code_with("requested_by", nullptr), "ok");
  EXPECT_EQ(code_with("requested_by", "a***@example.com"), "ok");
  EXPECT_EQ(code_with("requested_by", "a***@example.com\nBcc: eve@example.com"), "bad_job");
  EXPECT_EQ(code_with("requested_by", 5), "bad_job");
  EXPECT_EQ(code_with("requested_by", std::string(limits::kEmailBytes + 1, 'a')), "bad_job");
}

TEST(JobCodec, J8_a_device_is_optional_and_holds_nothing_that_could_be_a_link) {
  EXPECT_EQ(code_with("device", nullptr), "ok");
  EXPECT_EQ(code_with("device", "Chrome 126, Windows"), "ok");
  for (const char* device :
       {"evil.example", "https://evil", "call +1 555", "<b>", "a\nb", "a@b", "Ольга"}) {
    EXPECT_EQ(code_with("device", device), "bad_job") << device;
  }
  EXPECT_EQ(code_with("device", 5), "bad_job");
  EXPECT_EQ(code_with("device", std::string(limits::kDeviceNameBytes + 1, 'a')), "bad_job");
  EXPECT_EQ(code_with("ip", nullptr), "ok");
  EXPECT_EQ(code_with("ip", "2001:db8:0:0:0:ffff:255.255.255.255"), "ok");
  EXPECT_EQ(code_with("ip", "evil.example"), "bad_job");
  EXPECT_EQ(code_with("ip", std::string(limits::kIpTextBytes + 1, '1')), "bad_job");
}

TEST(JobCodec, return_to_is_optional_and_a_web_address) {
  EXPECT_EQ(code_with("return_to", nullptr), "ok");
  EXPECT_EQ(code_with("return_to", "https://example.com/a"), "ok");
  EXPECT_EQ(code_with("return_to", "javascript:alert(1)"), "bad_job");
  EXPECT_EQ(code_with("return_to", 5), "bad_job");
  EXPECT_EQ(code_with("return_to", "https://e.com/" + std::string(limits::kUrlBytes, 'a')),
            "bad_job");
}

TEST(JobCodec, credential_version_is_a_whole_number) {
  EXPECT_EQ(code_with("credential_version", 0), "ok");
  EXPECT_EQ(code_with("credential_version", -1), "bad_job");
  EXPECT_EQ(code_with("credential_version", 1.5), "bad_job");
  EXPECT_EQ(code_with("credential_version", "3"), "bad_job");
}

TEST(JobCodec, what_is_no_json_object_is_a_bad_job) {
  for (const std::string& body :
       {std::string(), std::string("x"), std::string("[]"), std::string("{"), std::string("null"),
        std::string("{\"v\":1}trailing"), std::string("\xff\xfe"),
        "{\"a\":\"" + std::string(limits::kJobBytes, 'a') + "\"}"}) {
    const auto job = decode_mail_job(body);
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().code, "bad_job");
    EXPECT_EQ(job.error().retry, Retry::kNever);
  }
}

TEST(JobCodec, H5_an_error_does_not_quote_the_job) {
  auto object = sample_object();
  object["email"] = "jane@@example.com";
  const auto job = decode_mail_job(boost::json::serialize(object));
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().cause.find("jane"), std::string::npos);
}

TEST(JsonWriter, bad_utf8_becomes_the_replacement_character) {
  const std::string good = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
  EXPECT_EQ(JsonWriter().text("a", good).finish(), "{\"a\":\"" + good + "\"}");
  for (const std::string bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80",
                                "\xf0\x80\x80\x80", "\xe0\x80\x80"}) {
    boost::system::error_code error;
    const auto parsed = boost::json::parse(JsonWriter().text("a", bad).finish(), error);
    ASSERT_FALSE(error);
    EXPECT_NE(parsed.at("a").as_string().find("\xef\xbf\xbd"), std::string::npos);
  }
}

TEST(JsonWriter, an_object_without_fields_is_an_object) { EXPECT_EQ(JsonWriter().finish(), "{}"); }

TEST(RetryDelay, R6_back_off_grows_and_then_stays) {
  using namespace std::chrono_literals;
  const std::vector<std::pair<int, Duration>> expected{{-1, 10s}, {0, 10s}, {1, 1min}, {2, 10min},
                                                       {3, 1h},   {4, 1h},  {1000, 1h}};
  for (const auto& [attempts, delay] : expected) EXPECT_EQ(retry_step(attempts).delay, delay);
  EXPECT_EQ(retry_step(0).name, "10s");
  EXPECT_EQ(retry_step(9).name, "1h");
}

TEST(RetryDelay, S1_an_unknown_outcome_waits_ten_minutes_at_least) {
  using namespace std::chrono_literals;
  for (int attempts = 0; attempts < 6; ++attempts) {
    for (const int spread : {-200, -100, 0, 100}) {
      EXPECT_GE(retry_delay(RetryAfter::kUnknownPause, attempts, spread), 10min);
      EXPECT_EQ(retry_delay(RetryAfter::kAtOnce, attempts, spread), 0s);
    }
    EXPECT_EQ(retry_delay(RetryAfter::kBackOff, attempts, 0), retry_step(attempts).delay);
    EXPECT_EQ(retry_delay(RetryAfter::kShortly, attempts, 0), 10s);
  }
  EXPECT_EQ(retry_delay(RetryAfter::kUnknownPause, 3, 0), 1h);
  EXPECT_EQ(retry_delay(RetryAfter::kBackOff, 1, -100), 54s);
  EXPECT_EQ(retry_delay(RetryAfter::kBackOff, 1, 100), 66s);
}

}  // namespace
}  // namespace postern
