#include "web/pages.hpp"

#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <thread>

#include "http/work_proof.hpp"
#include "text/json.hpp"
#include "web/embedded_pages.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

class PageTest : public WebTest {
 protected:
  PageTest() { add_account("ada@example.com", AccountState::kUnconfirmed); }

  /// Every kind of page there is, in one language.
  std::vector<HttpResponse> all_pages(const std::string& locale) {
    const auto token = mint_token("ada@example.com");
    const std::string query = "locale=" + locale;
    std::vector<HttpResponse> pages;
    for (const std::string path : {"/", "/register", "/recover-password", "/set-password"}) {
      pages.push_back(get(path, query));
    }
    pages.push_back(get("/", "return_to=x", {{"Accept-Language", locale}}));
    pages.push_back(get("/set-password", query + "&token=" + token));
    HttpRequest mailbox;
    mailbox.method = "GET";
    mailbox.path = "/dev/mailbox";
    mailbox.query = query;
    mailbox.client_address = "127.0.0.1";
    mailbox.headers = {{"Accept", kBrowserAccept}, {"Host", "localhost:5001"}};
    pages.push_back(call(mailbox));
    const std::string form = query + "&token=" + token + "&password=";
    pages.push_back(post_form("/set-password", form + "x"));
    pages.push_back(post_form("/set-password", form + kGoodPassword));
    pages.push_back(post_form("/register", query + "&email=x"));
    pages.push_back(get("/email-sent", query));
    const auto sent =
        header_of(post_form("/register", query + "&email=x%40gmail.com"), "Set-Cookie");
    pages.push_back(get("/email-sent", query, {{"Cookie", sent.substr(0, sent.find(';'))}}));
    return pages;
  }
};

TEST_F(PageTest, H1_every_page_has_a_policy_and_loads_nothing_from_elsewhere) {
  for (const std::string locale : {"en", "ru"}) {
    for (const auto& page : all_pages(locale)) {
      EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
      const auto policy = header_of(page, "Content-Security-Policy");
      EXPECT_THAT(policy, testing::StartsWith("default-src 'none';"));
      for (const std::string part : {"style-src 'self'", "script-src 'self'", "base-uri 'none'",
                                     "frame-ancestors 'none'", "form-action 'self'"}) {
        EXPECT_THAT(policy, HasSubstr(part));
      }
      EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
      EXPECT_FALSE(std::regex_search(page.body, std::regex(R"((src|action)="(https?:)?//)")));
      EXPECT_FALSE(std::regex_search(page.body, std::regex(R"(<link [^>]*href="(https?:)?//)")));
      EXPECT_FALSE(std::regex_search(page.body, std::regex(R"( (style|on[a-z]+)=)")));
    }
  }
}

TEST_F(PageTest, every_page_is_whole_and_in_its_language) {
  for (const std::string locale : {"en", "ru"}) {
    for (const auto& page : all_pages(locale)) {
      EXPECT_THAT(page.body, HasSubstr("<html lang=\"" + locale + "\">"));
      EXPECT_THAT(page.body, Not(HasSubstr("{")));
      EXPECT_TRUE(std::regex_search(page.body, std::regex("<h1>[^<]+</h1>"))) << page.body;
      EXPECT_TRUE(std::regex_search(page.body, std::regex("<title>[^<]+ · Kestrel")));
      EXPECT_THAT(page.body, Not(HasSubstr("<Sons>")));
      EXPECT_THAT(page.body, HasSubstr("Kestrel &amp; &lt;Sons&gt;"));
    }
  }
}

TEST_F(PageTest, every_page_that_can_be_opened_leads_to_the_other_language) {
  EXPECT_THAT(get("/").body, HasSubstr("href=\"/?locale=ru\""));
  EXPECT_THAT(get("/register", "locale=ru").body, HasSubstr("href=\"/register?locale=en\""));
  EXPECT_THAT(get("/register", "locale=ru").body, HasSubstr("\"/login?locale=ru\""));
  EXPECT_THAT(get("/recover-password", "return_to=https%3A%2F%2Fapp.example.com%2F").body,
              HasSubstr("/recover-password?locale=ru&amp;return_to=https%3A%2F%2Fapp"));
}

TEST_F(PageTest, who_has_an_account_already_is_led_to_the_login) {
  EXPECT_THAT(get("/register").body, HasSubstr("href=\"/login\">Log in</a>"));
  EXPECT_THAT(get("/register", "locale=ru").body, HasSubstr("href=\"/login?locale=ru\">Войдите"));
  const auto invalid = get("/set-password", "token=x&locale=en");
  EXPECT_EQ(invalid.status, 400);
  EXPECT_THAT(invalid.body, HasSubstr("href=\"/login?locale=en\">Log in</a>"));
}

TEST_F(PageTest, no_search_engine_keeps_a_page) {
  for (const auto& page : all_pages("en")) {
    EXPECT_EQ(header_of(page, "X-Robots-Tag"), "noindex");
    EXPECT_THAT(page.body, HasSubstr("<meta name=\"robots\" content=\"noindex\">"));
  }
}

TEST_F(PageTest, the_home_page_names_both_ways_in) {
  const auto body = get("/").body;
  EXPECT_THAT(body, HasSubstr("href=\"/register\""));
  EXPECT_THAT(body, HasSubstr("href=\"/recover-password\""));
  EXPECT_THAT(body, HasSubstr("href=\"/dev/mailbox\""));
}

TEST_F(PageTest, H1_a_person_is_refused_with_a_page_and_a_program_with_a_problem) {
  for (const std::string locale : {"en", "ru"}) {
    const std::vector<HttpHeader> person{{"Accept", kBrowserAccept}, {"Accept-Language", locale}};
    const auto missing = get("/no-such-page", {}, person);
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("<html lang=\"" + locale + "\">"));
    EXPECT_THAT(header_of(missing, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
    const auto wrong = get("/logout", {}, person);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(header_of(wrong, "Allow"), "OPTIONS, POST");
    EXPECT_THAT(wrong.body, HasSubstr("<h1>"));
    HttpRequest request;
    request.headers = person;
    const auto limited = router_.refuse(request, refusal::kTooMany, {{"Retry-After", "7"}});
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(header_of(limited, "Retry-After"), "7");
    EXPECT_THAT(limited.body, HasSubstr(locale == "en" ? "in 7 seconds" : "через 7 секунд"));
    EXPECT_THAT(limited.body, Not(HasSubstr("data-challenge")));
    const auto asked = router_.refuse(request, refusal::kTooMany,
                                      {{"Retry-After", "90"}, {kWorkHeader, "abc; bits=18"}});
    EXPECT_THAT(asked.body, HasSubstr(locale == "en" ? "in 2 minutes" : "через 2 минуты"));
    EXPECT_THAT(asked.body, HasSubstr("hidden data-challenge=\"abc\" data-bits=\"18\""));
  }
  EXPECT_EQ(code_of(get("/no-such-page")), "not_found");
  EXPECT_EQ(code_of(get("/logout", {}, {{"Accept", "*/*"}})), "method_not_allowed");
}

TEST_F(PageTest, assets_bear_their_content_in_their_name_and_may_be_kept) {
  const auto body = get("/").body;
  std::smatch match;
  ASSERT_TRUE(std::regex_search(body, match, std::regex("/assets/page\\.[0-9a-f]+\\.css")));
  const auto style = get(match.str());
  EXPECT_EQ(style.status, 200);
  EXPECT_EQ(style.content_type, "text/css; charset=utf-8");
  EXPECT_EQ(header_of(style, "Cache-Control"), "public, max-age=31536000, immutable");
  ASSERT_TRUE(std::regex_search(body, match, std::regex("/assets/page\\.[0-9a-f]+\\.js")));
  EXPECT_EQ(get(match.str()).content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/favicon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(get("/assets/page.css").status, 404);
  EXPECT_THAT(body, HasSubstr("<link rel=\"apple-touch-icon\" href=\"/apple-touch-icon.png\">"));
  const auto icon = get("/apple-touch-icon.png");
  EXPECT_EQ(icon.content_type, "image/png");
  EXPECT_THAT(icon.body, testing::StartsWith("\x89PNG\r\n\x1a\n"));
  EXPECT_EQ(icon.body.substr(icon.body.size() - 8, 4), "IEND") << "whole";
  // Width and height, big-endian (PNG, 11.2.2).
  EXPECT_EQ(icon.body.substr(16, 8), std::string("\0\0\0\xb4\0\0\0\xb4", 8));
}

std::set<std::string> colours_of(const std::string& text) {
  static const std::regex colour("#[0-9a-f]{6}");
  return {std::sregex_token_iterator(text.begin(), text.end(), colour),
          std::sregex_token_iterator()};
}

/// The text between two marks.
std::string part_of(const std::string& text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from);
  EXPECT_NE(begin, std::string::npos) << from;
  return text.substr(begin, text.find(to, begin) - begin);
}

TEST(Palette, emails_and_pages_have_one_by_day_and_one_by_night) {
  std::string css;
  for (const auto& file : embedded_pages()) {
    if (file.name == "assets/page.css") css = file.content;
  }
  const auto day = colours_of(part_of(css, ":root {", "}"));
  const auto night = colours_of(
      part_of(css.substr(css.find("@media (prefers-color-scheme: dark)")), ":root {", "}"));
  const Composer composer({"Kestrel", "https://kestrel.example", "help@kestrel.example"}, "");
  for (const MailKind kind : kMailKinds) {
    MailJob job;
    job.kind = kind;
    job.email = "ada@example.com";
    const std::string html =
        composer.compose(job, {"https://x.example/login"}, from_unix_ms(1)).html;
    const std::string dark = part_of(html, "@media (prefers-color-scheme: dark)", "</style>");
    for (const auto& colour : colours_of(dark)) {
      EXPECT_TRUE(night.contains(colour)) << to_string(kind) << ' ' << colour;
    }
    for (const auto& colour : colours_of(html.substr(html.find("</style>")))) {
      EXPECT_TRUE(day.contains(colour)) << to_string(kind) << ' ' << colour;
    }
  }
}

TEST_F(PageTest, many_threads_may_render_at_once) {
  std::vector<std::thread> readers;
  const auto expected = get("/register").body;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 50; ++n) EXPECT_EQ(get("/register").body, expected);
    });
  }
  for (auto& reader : readers) reader.join();
}

std::set<std::string> keys_of(std::string_view file_name) {
  std::set<std::string> keys;
  for (const auto& file : embedded_pages()) {
    if (file.name != file_name) continue;
    const auto object = parse_json_object(file.content);
    EXPECT_TRUE(object);
    for (const auto& [key, value] : *object) keys.insert(std::string(key));
  }
  return keys;
}

TEST(PageStrings, both_languages_have_the_same_texts) {
  EXPECT_FALSE(keys_of("en.json").empty());
  EXPECT_EQ(keys_of("en.json"), keys_of("ru.json"));
}

TEST(PageStrings, every_text_that_a_template_names_exists) {
  const auto keys = keys_of("en.json");
  const std::regex tag(R"(\{\{t\.([a-z0-9_]+)\}\})");
  for (const auto& file : embedded_pages()) {
    const std::string content(file.content);
    for (auto it = std::sregex_iterator(content.begin(), content.end(), tag);
         it != std::sregex_iterator(); ++it) {
      EXPECT_TRUE(keys.contains((*it)[1].str())) << file.name << ": " << (*it)[1].str();
    }
  }
}

}  // namespace
}  // namespace postern
