#include "web/sent_page.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "base/page_limits.hpp"
#include "text/form.hpp"
#include "web/web_fixture_test.hpp"
#include "web/webmail.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class SentPage : public WebTest {
 protected:
  /// The cookie that a response sets, as the browser sends it back.
  static HttpHeader cookie_of(const HttpResponse& response) {
    const auto set = header_of(response, "Set-Cookie");
    return {"Cookie", set.substr(0, set.find(';'))};
  }
  /// The page that a browser sees after it sent the form.
  HttpResponse follow(const HttpResponse& response) const {
    const auto target = header_of(response, "Location");
    const auto question = target.find('?');
    return get(target.substr(0, question),
               question == std::string::npos ? "" : target.substr(question + 1),
               {cookie_of(response)});
  }
  HttpResponse sent(const std::string& email, const std::string& path = "/register",
                    const std::string& more = {}) const {
    return follow(post_form(path, "email=" + percent_encode(email) + more));
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST_F(SentPage, a_form_is_answered_with_a_redirect_that_names_no_address) {
  for (const std::string path : {"/register", "/recover-password"}) {
    const auto response = post_form(path, "email=ada%40example.com&locale=ru");
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(header_of(response, "Location"), "/email-sent?locale=ru");
    const auto cookie = header_of(response, "Set-Cookie");
    EXPECT_THAT(cookie, StartsWith("__Host-postern-sent="));
    EXPECT_THAT(cookie, HasSubstr("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"));
    EXPECT_THAT(bytes_of(response), Not(HasSubstr("ada")));
    const auto page = follow(response);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<html lang=\"ru\">"));
    EXPECT_THAT(page.body, HasSubstr("<span class=\"address\">ada@example.com</span>"));
    EXPECT_THAT(page.body, HasSubstr("<form method=\"post\" action=\"" + path + "\">"));
    EXPECT_THAT(page.body, HasSubstr("name=\"email\" value=\"ada@example.com\""));
    EXPECT_THAT(page.body, HasSubstr("href=\"" + path + "?locale=ru\""));
  }
}

TEST_F(SentPage, E1_every_state_of_an_address_gets_the_same_page) {
  add_account("unconfirmed@example.com", AccountState::kUnconfirmed);
  add_account("confirmed@example.com", AccountState::kConfirmed);
  add_account("disabled@example.com", AccountState::kDisabled);
  for (int i = 0; i < 8; ++i) post_json("/register", R"({"email":"exhausted@example.com"})");
  for (const std::string path : {"/register", "/recover-password"}) {
    std::string redirect, page;
    for (const std::string name :
         {"unknown", "unconfirmed", "confirmed", "disabled", "exhausted"}) {
      const auto response = post_form(path, "email=" + name + "%40example.com");
      const auto value = cookie_of(response).second;
      const std::string here = replaced(bytes_of(response), value, "COOKIE");
      const std::string there = replaced(bytes_of(follow(response)), name, "NAME");
      if (page.empty()) redirect = here, page = there;
      EXPECT_EQ(here, redirect) << path << ' ' << name;
      EXPECT_EQ(there, page) << path << ' ' << name;
    }
  }
}

TEST_F(SentPage, the_button_sends_again_and_the_page_says_so) {
  const auto page = sent("ada@example.com", "/register",
                         "&return_to=https%3A%2F%2Fapp.example.com%2Fin&locale=en");
  EXPECT_THAT(page.body, HasSubstr("name=\"return_to\" value=\"https://app.example.com/in\""));
  EXPECT_THAT(page.body, HasSubstr("data-wait=\"60\""));
  EXPECT_THAT(page.body, HasSubstr("name=\"again\" value=\"1\""));
  EXPECT_THAT(page.body, Not(HasSubstr("Requested again")));
  const auto mails = database_.state().outbox.size();
  const auto again = post_form("/register", "email=ada%40example.com&again=1&locale=en");
  EXPECT_EQ(header_of(again, "Location"), "/email-sent?locale=en&done=again");
  EXPECT_THAT(follow(again).body, HasSubstr("Requested again"));
  EXPECT_EQ(database_.state().outbox.size(), mails + 1);
}

TEST_F(SentPage, reloading_counts_on_and_sends_nothing) {
  const auto response = post_form("/register", "email=ada%40example.com");
  const auto mails = database_.state().outbox.size();
  clock_.advance(std::chrono::milliseconds(19'500));
  EXPECT_THAT(follow(response).body, HasSubstr("data-wait=\"41\""));
  clock_.advance(std::chrono::minutes(2));
  EXPECT_THAT(follow(response).body, HasSubstr("data-wait=\"0\""));
  EXPECT_EQ(database_.state().outbox.size(), mails);
}

TEST_F(SentPage, without_a_cookie_that_was_sealed_here_the_page_names_no_address) {
  const auto response = post_form("/register", "email=ada%40example.com");
  const auto cookie = cookie_of(response);
  const auto plain = get("/email-sent");
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(plain.body, HasSubstr("<h1>Check your email</h1>"));
  EXPECT_THAT(plain.body, Not(HasSubstr("<form")));
  auto changed = cookie;
  changed.second.back() = changed.second.back() == 'A' ? 'B' : 'A';
  for (const HttpHeader& other :
       {changed, HttpHeader("Cookie", "__Host-postern-sent="),
        HttpHeader("Cookie", "__Host-postern-sent=eyJlbWFpbCI6ImV2aWxAZXhhbXBsZS5jb20ifQ"),
        HttpHeader("Cookie", cookie.second + "; " + cookie.second)}) {
    EXPECT_EQ(get("/email-sent", {}, {other}).body, plain.body) << other.second;
  }
  clock_.advance(limits::kSentNoticeLife);
  EXPECT_EQ(get("/email-sent", {}, {cookie}).body, plain.body);
}

TEST_F(SentPage, what_was_typed_is_text) {
  const auto page = sent("a&b'c@example.com");
  EXPECT_THAT(page.body, HasSubstr("a&amp;b"));
  EXPECT_THAT(page.body, Not(HasSubstr("a&b'c")));
  EXPECT_THAT(sent(" ada@EXAMPLE.com ").body, HasSubstr(">ada@example.com<"));
}

TEST_F(SentPage, programs_get_202_whatever_they_read) {
  for (const std::string path : {"/register", "/recover-password"}) {
    EXPECT_EQ(post_json(path, R"({"email":"a@example.com"})").status, 202);
    const auto page = post(path, R"({"email":"a@example.com"})",
                           {{"Content-Type", kJson}, {"Accept", "text/html"}});
    EXPECT_EQ(page.status, 202);
    EXPECT_EQ(header_of(page, "Set-Cookie"), "");
    EXPECT_THAT(page.body, HasSubstr("<h1>Check your email</h1>"));
    EXPECT_EQ(post(path, "email=a%40example.com", {{"Content-Type", kUrlencoded}}).status, 202);
  }
}

TEST_F(SentPage, a_known_provider_is_one_click_away) {
  const std::pair<const char*, const char*> cases[] = {
      {"ada@gmail.com", "https://mail.google.com/mail/"},
      {"ada@GoogleMail.com", "https://mail.google.com/mail/"},
      {"ada@hotmail.co.uk", "https://outlook.live.com/mail/"},
      {"ada@yahoo.fr", "https://mail.yahoo.com/"},
      {"ada@me.com", "https://www.icloud.com/mail/"},
      {"ada@pm.me", "https://mail.proton.me/"},
      {"ada@fastmail.com", "https://app.fastmail.com/"},
      {"ada@ya.ru", "https://mail.yandex.ru/"},
      {"ada@bk.ru", "https://e.mail.ru/inbox/"},
  };
  for (const auto& [email, url] : cases) {
    EXPECT_THAT(sent(email).body, HasSubstr("href=\"" + std::string(url) +
                                            "\" target=\"_blank\" "
                                            "rel=\"noopener noreferrer\""))
        << email;
  }
  EXPECT_THAT(sent("ada@yandex.ru", "/register", "&locale=ru").body,
              HasSubstr(">Открыть Яндекс Почту</a>"));
  for (const char* email : {"ada@example.com", "ada@gmail.com.example.com", "ada@mygmail.com",
                            "ada@gmail.example", "gmail.com@example.com", "ada@yahoo.co.jp"}) {
    EXPECT_THAT(sent(email).body, Not(HasSubstr("target=\"_blank\""))) << email;
  }
}

TEST(Webmail, a_domain_is_compared_whole) {
  EXPECT_NE(webmail_of("gmail.com"), nullptr);
  for (const char* domain : {"", "com", "mail.com", "gmail.co", "Gmail.com", "gmail.com."}) {
    EXPECT_EQ(webmail_of(domain), nullptr) << domain;
  }
}

}  // namespace
}  // namespace postern
