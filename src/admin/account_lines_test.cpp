#include "admin/account_lines.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "admin/account_output.hpp"
#include "base/ids.hpp"

namespace postern::admin {
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
  const auto line = to_line(make_account());
  ASSERT_TRUE(line.ends_with("\n"));
  const auto read = parse_line(line.substr(0, line.size() - 1), kNoon + std::chrono::hours(1));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(to_line(*read), line);
  EXPECT_EQ(read->email_key, "anna@example.com");
  EXPECT_EQ(read->display_name, "Анна <b>");
  EXPECT_EQ(read->revision, 0);
}

TEST(AccountLines, only_the_address_must_be_there) {
  const auto read = parse_line(R"({"email":"Anna@Example.COM"})", kNoon);
  ASSERT_TRUE(read);
  EXPECT_TRUE(is_id(read->id));
  EXPECT_EQ(read->email, "Anna@example.com");
  EXPECT_EQ(read->state, AccountState::kUnconfirmed);
  EXPECT_EQ(read->locale, "en");
  EXPECT_EQ(read->created_at, kNoon);
  const auto with_hash =
      parse_line(R"({"email":"a@example.com","password_hash":")" + kHash + "\"}", kNoon);
  ASSERT_TRUE(with_hash);
  EXPECT_EQ(with_hash->state, AccountState::kConfirmed);
}

TEST(AccountLines, M1_K4_what_is_out_of_bounds_is_refused) {
  const auto hash = [](const std::string& text) {
    return R"({"email":"a@example.com","password_hash":")" + text + "\"}";
  };
  const std::string lines[] = {
      "",
      "[]",
      "{",
      R"({"email":7})",
      R"({"email":"a@example.com\r\nb"})",
      R"({"email":"a@example.com","email":"b@example.com"})",
      R"({"email":"a@example.com","id":"a b"})",
      R"({"email":"a@example.com","id":7})",
      R"({"email":"a@example.com","id":")" + std::string(65, 'a') + "\"}",
      R"({"email":"a@example.com","state":"root"})",
      R"({"email":"a@example.com","locale":"xx"})",
      R"({"email":"a@example.com","display_name":7})",
      R"({"email":"a@example.com","display_name":"a\nb"})",
      R"({"email":"a@example.com","display_name":"a\u202eb"})",
      R"({"email":"a@example.com","created_at":"yesterday"})",
      R"({"email":"a@example.com","state":"unconfirmed","password_hash":")" + kHash + "\"}",
      hash("plain"),
      hash("$2b$12$abcdefghijklmnopqrstuv"),
      hash("$argon2id$v=19$m=4194304,t=2,p=1$c2FsdA$aGFzaA"),
      hash("$argon2id$v=19$m=19456,t=99,p=1$c2FsdA$aGFzaA"),
      hash("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA"),
      hash("$argon2id$v=19$m=19456,t=2,p=1$c2 dA$aGFzaA"),
      R"({"email":"a@example.com","note":")" + std::string(9000, 'x') + "\"}"};
  for (const auto& line : lines) {
    const auto read = parse_line(line, kNoon);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, "bad_line");
    EXPECT_EQ(read.error().detail.find('@'), std::string::npos) << line;
  }
}

TEST(AccountOutput, W7_a_mail_servers_words_do_not_reach_the_terminal_as_they_are) {
  AccountView view{make_account(), {}};
  view.letters.push_back(
      {view.account.id, "mail-1", "confirm", MailState::kFailed, kNoon, {}, "550 \x1b[31mno\r\n"});
  const auto text = account_as_text(view);
  EXPECT_NE(text.find("550  [31mno"), std::string::npos) << text;
  EXPECT_EQ(text.find_first_of("\x1b\r"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  for (const auto& output : {text, account_as_json(view)}) {
    EXPECT_EQ(output.find("argon2"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::admin
