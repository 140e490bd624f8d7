#include "admin/account_lines.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "admin/account_output.hpp"
#include "base/ids.hpp"

namespace postern {
namespace {

constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));
const std::string kHash =
    "$argon2id$v=19$m=19456,t=2,p=1$2wbwmTYsUoFhXGWLvYDGKA$"
    "KQ5P3UpyrySyDPFn4Xh2oBJiXqVnoiTi0aPnz5sMcO4";

Account make_account() {
  Account account;
  account.id = "01a203e4-9fa6-797d-bbdb-3e2f18366c3a";
  account.email = "Anna@example.com";
  account.email_key = "anna@example.com";
  account.state = AccountState::kConfirmed;
  account.password_hash = kHash;
  account.locale = "ru";
  account.display_name = "Анна <b>";
  account.created_at = kNoon;
  return account;
}

TEST(AccountLines, an_account_comes_back_as_it_was_written) {
  for (const auto* external_id : {"", "42", "Кто-то \"7\""}) {
    const auto line = to_line(make_account(), external_id);
    ASSERT_TRUE(line.ends_with("\n"));
    const auto read = parse_line(line.substr(0, line.size() - 1), {kNoon + std::chrono::hours(1)});
    ASSERT_TRUE(read) << read.error().cause;
    const auto& account = read->wanted.account;
    EXPECT_EQ(to_line(account, read->wanted.external_id), line);
    EXPECT_EQ(account.email_key, "anna@example.com");
    EXPECT_EQ(account.display_name, "Анна <b>");
    EXPECT_EQ(account.revision, 0);
  }
}

TEST(AccountLines, only_the_address_must_be_there) {
  const auto read = parse_line(R"({"email":"Anna@Example.COM"})", {kNoon});
  ASSERT_TRUE(read);
  const auto& account = read->wanted.account;
  EXPECT_TRUE(is_id(account.id));
  EXPECT_EQ(read->wanted.external_id, "");
  EXPECT_EQ(account.email, "Anna@example.com");
  EXPECT_EQ(account.state, AccountState::kUnconfirmed);
  EXPECT_EQ(account.locale, "en");
  EXPECT_EQ(account.created_at, kNoon);
  const auto with_hash =
      parse_line(R"({"email":"a@example.com","password_hash":")" + kHash + "\"}", {kNoon});
  ASSERT_TRUE(with_hash);
  EXPECT_EQ(with_hash->wanted.account.state, AccountState::kConfirmed);
}

Result<ImportLine> read_with(const std::string& member) {
  return parse_line(R"({"email":" a@example.com ",)" + member + "}", {kNoon});
}

TEST(AccountLines, I1_null_is_as_good_as_absent) {
  const auto read = read_with(
      R"("id":null,"external_id":null,"display_name":null,"password_hash":null,"locale":null,)"
      R"("created_at":null,"state":null)");
  ASSERT_TRUE(read) << read.error().cause;
  EXPECT_TRUE(is_id(read->wanted.account.id));
  EXPECT_EQ(read->wanted.external_id, "");
  EXPECT_EQ(read->wanted.account.display_name, "");
  EXPECT_EQ(read->wanted.account.password_hash, "");
  EXPECT_FALSE(read->has_unusable_hash);
  EXPECT_EQ(read->wanted.account.locale, "en");
  EXPECT_EQ(read->wanted.account.created_at, kNoon);
}

TEST(AccountLines, I1_T12_an_id_of_another_form_is_the_external_id) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("id":42)", "42"},
      {R"("id":-1)", "-1"},
      {R"("id":0)", "0"},
      {R"("id":18446744073709551615)", "18446744073709551615"},
      {R"("id":"42")", "42"},
      {R"("id":"a b/c|d")", "a b/c|d"},
      {R"("id":"Анна")", "Анна"},
      {R"("id":"a@example.com")", "a@example.com"},
      {R"("id":"01A203E4-9FA6-797D-BBDB-3E2F18366C3A")", "01A203E4-9FA6-797D-BBDB-3E2F18366C3A"},
      {R"("id":")" + std::string(255, 'x') + "\"", std::string(255, 'x')},
      {R"("external_id":7)", "7"},
      {R"("id":7,"external_id":"7")", "7"},
  };
  for (const auto& [member, external_id] : cases) {
    const auto read = read_with(member);
    ASSERT_TRUE(read) << member << read.error().cause;
    EXPECT_TRUE(is_id(read->wanted.account.id)) << member;
    EXPECT_EQ(read->wanted.external_id, external_id) << member;
  }
  const auto ours = read_with(R"("id":"01a203e4-9fa6-797d-bbdb-3e2f18366c3a","external_id":42)");
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->wanted.account.id, "01a203e4-9fa6-797d-bbdb-3e2f18366c3a");
  EXPECT_EQ(ours->wanted.external_id, "42");
}

TEST(AccountLines, I1_a_time_without_a_zone_is_UTC) {
  for (const auto* time :
       {"2024-01-02 03:04:05", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z",
        "2024-01-02 03:04:05+00", "2024-01-02T04:04:05+01:00", "2024-01-02 04:04:05+01"}) {
    const auto read = read_with(R"("created_at":")" + std::string(time) + "\"");
    ASSERT_TRUE(read) << time;
    EXPECT_EQ(to_rfc3339(read->wanted.account.created_at), "2024-01-02T03:04:05.000Z") << time;
  }
  const auto day = read_with(R"("created_at":"2024-01-02")");
  ASSERT_TRUE(day);
  EXPECT_EQ(to_rfc3339(day->wanted.account.created_at), "2024-01-02T00:00:00.000Z");
}

TEST(AccountLines, I1_an_unknown_locale_is_the_default) {
  for (const auto* locale : {"xx", "de-DE", "", "not a tag", "zh-Hant"}) {
    const auto read = read_with(R"("locale":")" + std::string(locale) + "\"");
    ASSERT_TRUE(read) << locale;
    EXPECT_EQ(read->wanted.account.locale, "en") << locale;
  }
}

TEST(AccountLines, I2_an_unusable_hash_is_no_reason_to_leave_the_account_out) {
  for (const auto* hash : {R"("plain")", R"("!")", R"("$1$abc$def")", "7", "[]", "{}", "true",
                           R"("$argon2id$v=19$m=4194304,t=2,p=1$c2FsdA$aGFzaA")",
                           R"("$2b$31$abcdefghijklmnopqrstuuaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")",
                           R"({"secretData":"{}","credentialData":"[]"})"}) {
    const auto read = read_with(R"("password_hash":)" + std::string(hash));
    ASSERT_TRUE(read) << hash << read.error().cause;
    EXPECT_TRUE(read->has_unusable_hash) << hash;
    EXPECT_EQ(read->wanted.account.password_hash, "") << hash;
    EXPECT_EQ(read->wanted.account.state, AccountState::kConfirmed) << hash;
  }
}

TEST(AccountLines, I2_a_keycloak_credential_is_understood) {
  const std::string secret = R"("secretData":"{\"value\":\"AAECAwQFBgcICQoLDA0ODw==\",)"
                             R"(\"salt\":\"c2FsdHNhbHQ=\"}")";
  const auto credential = [&](const std::string& data) {
    return R"("password_hash":{"type":"password",)" + secret + R"(,"credentialData":")" + data +
           "\"}";
  };
  const std::string tail = "$c2FsdHNhbHQ$AAECAwQFBgcICQoLDA0ODw";
  const std::pair<std::string, std::string> cases[] = {
      {R"({\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"})",
       "$pbkdf2-sha256$27500" + tail},
      {R"({\"hashIterations\":210000,\"algorithm\":\"pbkdf2-sha512\"})",
       "$pbkdf2-sha512$210000" + tail},
      {R"({\"hashIterations\":20000,\"algorithm\":\"pbkdf2\"})", "$pbkdf2$20000" + tail},
      {R"({\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{)"
       R"(\"hashLength\":[\"16\"],\"memory\":[\"7168\"],\"type\":[\"id\"],)"
       R"(\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}})",
       "$argon2id$v=19$m=7168,t=5,p=1" + tail}};
  for (const auto& [data, encoded] : cases) {
    const auto read = read_with(credential(data));
    ASSERT_TRUE(read) << data;
    EXPECT_EQ(read->wanted.account.password_hash, encoded);
  }
  for (const auto* data : {"{}", R"({\"hashIterations\":1e9,\"algorithm\":\"pbkdf2\"})",
                           R"({\"hashIterations\":5,\"algorithm\":\"argon2\"})",
                           R"({\"hashIterations\":27500,\"algorithm\":\"md5\"})"}) {
    EXPECT_TRUE(read_with(credential(data))->has_unusable_hash) << data;
  }
}

TEST(AccountLines, I2_a_firebase_hash_takes_its_parameters_from_the_line_or_the_command) {
  const std::string key =
      "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
  const std::string hash =
      "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
  const std::string encoded =
      "$firebase-scrypt$ln=14,r=8$" + key + "$Bw==$42xEC+ixf3L2lw==$" + hash;
  const std::string members = R"("hash":")" + hash + R"(","salt":"42xEC+ixf3L2lw==")";
  const auto own = read_with(R"("password_hash":{)" + members + R"(,"signer_key":")" + key +
                             R"(","salt_separator":"Bw==","rounds":8,"mem_cost":14})");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->wanted.account.password_hash, encoded);
  const auto line = R"({"email":"a@example.com","password_hash":{)" + members + "}}";
  EXPECT_TRUE(parse_line(line, {kNoon})->has_unusable_hash);
  const auto given = parse_line(line, {kNoon, {key, "Bw==", 8, 14}});
  ASSERT_TRUE(given);
  EXPECT_EQ(given->wanted.account.password_hash, encoded);
}

TEST(AccountLines, M1_K4_what_is_out_of_bounds_is_refused) {
  const std::string lines[] = {
      "",
      "[]",
      "{",
      R"({"email":7})",
      R"({"email":"a@example.com\r\nb"})",
      R"({"email":"a@example.com","email":"b@example.com"})",
      R"({"email":"a@example.com","id":"  "})",
      R"({"email":"a@example.com","id":"a\nb"})",
      R"({"email":"a@example.com","id":"a\u202eb"})",
      R"({"email":"a@example.com","id":7.5})",
      R"({"email":"a@example.com","id":1e30})",
      R"({"email":"a@example.com","id":true})",
      R"({"email":"a@example.com","id":[7]})",
      R"({"email":"a@example.com","id":7,"external_id":8})",
      R"({"email":"a@example.com","id":")" + std::string(256, 'a') + "\"}",
      R"({"email":"a@example.com","state":"root"})",
      R"({"email":"a@example.com","locale":7})",
      R"({"email":"a@example.com","display_name":7})",
      R"({"email":"a@example.com","display_name":"a\nb"})",
      R"({"email":"a@example.com","display_name":"a\u202eb"})",
      R"({"email":"a@example.com","display_name":"\u200b"})",
      R"({"email":"a@example.com","created_at":"yesterday"})",
      R"({"email":"a@example.com","state":"unconfirmed","password_hash":")" + kHash + "\"}",
      R"({"email":"a@example.com","note":")" + std::string(9000, 'x') + "\"}"};
  for (const auto& line : lines) {
    const auto read = parse_line(line, {kNoon});
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, "bad_line");
    EXPECT_EQ(read.error().cause.find('@'), std::string::npos) << line;
  }
}

TEST(AccountOutput, W7_a_mail_servers_words_do_not_reach_the_terminal_as_they_are) {
  AccountDetails view{make_account(), {}};
  view.mails.push_back({view.account.id,
                        "mail-1",
                        "confirm",
                        DeliveryOutcome::kFailed,
                        kNoon,
                        {},
                        "550 \x1b[31mno\r\n"});
  const auto text = account_as_text(view, {});
  EXPECT_NE(text.find("550  [31mno"), std::string::npos) << text;
  EXPECT_EQ(text.find_first_of("\x1b\r"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  for (const auto& output : {text, account_as_json(view, {})}) {
    EXPECT_EQ(output.find("argon2"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern
