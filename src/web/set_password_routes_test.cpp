#include <gmock/gmock.h>

#include "text/form.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

class SetPasswordRoutes : public WebTest {
 protected:
  SetPasswordRoutes() { add_account("ada@example.com", AccountState::kUnconfirmed); }

  Account account() const { return *database_.account_of("ada@example.com"); }

  std::string form(const std::string& token, const std::string& password) const {
    return "token=" + percent_encode(token) + "&password=" + percent_encode(password);
  }
  HttpResponse send(const std::string& token, const std::string& password) const {
    return post("/set-password", form(token, password), {{"Content-Type", kUrlencoded}});
  }
};

TEST_F(SetPasswordRoutes, the_form_sets_the_password) {
  const auto response = send(mint_token("ada@example.com"), kGoodPassword);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"("status":"password_set")"));
  EXPECT_EQ(account().state, AccountState::kConfirmed);
  EXPECT_FALSE(account().password_hash.empty());
}

TEST_F(SetPasswordRoutes, multipart_and_json_are_read_too) {
  const std::string token = mint_token("ada@example.com");
  const std::string body =
      "--cut\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n" + token +
      "\r\n--cut\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n" + kGoodPassword +
      "\r\n--cut--\r\n";
  EXPECT_EQ(
      post("/set-password", body, {{"Content-Type", "multipart/form-data; boundary=cut"}}).status,
      200);
  const std::string json =
      R"({"token":")" + mint_token("ada@example.com") + R"(","password":")" + kGoodPassword + "\"}";
  EXPECT_EQ(post_json("/set-password", json).status, 200);
}

TEST_F(SetPasswordRoutes, the_token_may_stand_in_the_query_but_not_two_of_them) {
  const std::string token = mint_token("ada@example.com");
  HttpRequest request;
  request.method = "POST";
  request.path = "/set-password";
  request.headers = {{"Content-Type", kJson}};
  request.query = "token=" + token;
  request.body = R"({"token":"other","password":"x"})";
  EXPECT_EQ(code_of(call(request)), "invalid_field");
  request.body = R"({"token":")" + token + R"(","password":")" + kGoodPassword + "\"}";
  EXPECT_EQ(call(request).status, 200);
  request.query = "token=" + mint_token("ada@example.com");
  request.body = std::string(R"({"password":")") + kGoodPassword + "\"}";
  EXPECT_EQ(call(request).status, 200);
}

TEST_F(SetPasswordRoutes, H5_the_form_names_the_address_for_password_managers) {
  const auto page =
      get("/set-password", "token=" + mint_token("ada@example.com"), {{"Accept", kBrowserAccept}});
  EXPECT_EQ(page.status, 200);
  const auto field = page.body.find("autocomplete=\"username\"");
  ASSERT_NE(field, std::string::npos);
  const auto tag = page.body.substr(page.body.rfind('<', field), 400);
  EXPECT_THAT(tag.substr(0, tag.find('>')), HasSubstr("value=\"ada@example.com\""));
}

TEST_F(SetPasswordRoutes, A1_white_space_around_a_token_is_ignored) {
  const std::string token = " " + mint_token("ada@example.com") + "\t";
  EXPECT_EQ(get("/set-password", "token=" + percent_encode(token)).status, 200);
  EXPECT_EQ(send(token, kGoodPassword).status, 200);
}

TEST_F(SetPasswordRoutes, T8_reading_methods_change_nothing) {
  const std::string token = mint_token("ada@example.com");
  const auto before = database_.generation();
  for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
    for (const std::string path : {"/set-password", "/register", "/recover-password"}) {
      HttpRequest request;
      request.method = method;
      request.path = path;
      request.query = "token=" + token + "&password=" + percent_encode(kGoodPassword) +
                      "&email=new%40example.com";
      EXPECT_LT(call(request).status, 300) << method << ' ' << path;
    }
  }
  EXPECT_EQ(database_.generation(), before);
  EXPECT_EQ(send(token, kGoodPassword).status, 200);
}

TEST_F(SetPasswordRoutes, T8_the_form_carries_the_token_in_a_hidden_field_only) {
  const std::string token = mint_token("ada@example.com");
  const auto page = get("/set-password", "token=" + token);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("type=\"hidden\" name=\"token\" value=\"" + token + "\""));
  EXPECT_THAT(page.body, HasSubstr("autocomplete=\"new-password\""));
  EXPECT_THAT(page.body, HasSubstr("a***@example.com"));
  for (const std::string place : {"href=\"", "src=\"", "action=\""}) {
    for (auto at = page.body.find(place); at != std::string::npos;
         at = page.body.find(place, at + 1)) {
      const auto end = page.body.find('"', at + place.size());
      EXPECT_THAT(page.body.substr(at, end - at), Not(HasSubstr(token)));
    }
  }
}

TEST_F(SetPasswordRoutes, T9_a_refused_password_does_not_burn_the_token) {
  const std::string token = mint_token("ada@example.com");
  const std::pair<const char*, const char*> cases[] = {
      {"", "too_short"},
      {"short", "too_short"},
      {"passwordpassword", "common"},
      {"ada@example.com1", "personal"},
  };
  for (const auto& [password, reason] : cases) {
    const auto response = send(token, password);
    EXPECT_EQ(response.status, 422) << password;
    EXPECT_EQ(code_of(response), "weak_password") << password;
    EXPECT_THAT(response.body, HasSubstr(std::string(R"("reason":")") + reason)) << password;
  }
  const auto page = post_form("/set-password", form(token, "short") + "&locale=ru");
  EXPECT_EQ(page.status, 422);
  EXPECT_THAT(page.body, HasSubstr("Слишком короткий"));
  EXPECT_THAT(page.body, HasSubstr("a***@example.com"));
  EXPECT_THAT(page.body, HasSubstr("name=\"token\" value=\"" + token + "\""));
  EXPECT_THAT(page.body, Not(HasSubstr("value=\"short\"")));
  EXPECT_EQ(send(token, kGoodPassword).status, 200);
}

TEST_F(SetPasswordRoutes, T6_of_two_open_forms_the_second_fails) {
  const std::string first = mint_token("ada@example.com");
  const std::string second = mint_token("ada@example.com");
  EXPECT_EQ(send(first, kGoodPassword).status, 200);
  for (const auto& token : {first, second}) {
    const auto response = send(token, kGoodPassword);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(code_of(response), "invalid_token");
  }
}

TEST_F(SetPasswordRoutes, an_invalid_link_offers_a_new_one) {
  const std::string token = mint_token("ada@example.com");
  clock_.advance(std::chrono::hours(2));
  for (const std::string& query : {std::string(), std::string("token="), std::string("token=x"),
                                   std::string("token=%zz"), "token=" + token}) {
    const auto page = get("/set-password", query);
    EXPECT_EQ(page.status, 400) << query;
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(page.body, HasSubstr("action=\"/recover-password\""));
    EXPECT_THAT(page.body, Not(HasSubstr(token)));
    EXPECT_EQ(code_of(get("/set-password", query, {{"Accept", kJson}})), "invalid_token");
  }
  EXPECT_EQ(code_of(send(token, kGoodPassword)), "invalid_token");
  EXPECT_THAT(post_form("/set-password", form(token, kGoodPassword)).body,
              HasSubstr("action=\"/recover-password\""));
}

TEST_F(SetPasswordRoutes, the_page_speaks_the_tokens_language_unless_another_is_asked_for) {
  auto claims = claims_for("ada@example.com");
  claims.locale = "ru";
  const auto token = *signer_.mint(MailTokenPurpose::kSetPassword, claims);
  const std::vector<HttpHeader> english = {{"Accept-Language", "en"}};
  EXPECT_THAT(get("/set-password", "token=" + token, english).body, HasSubstr("lang=\"ru\""));
  EXPECT_THAT(get("/set-password", "locale=en&token=" + token).body, HasSubstr("lang=\"en\""));
}

TEST_F(SetPasswordRoutes, H6_the_next_page_links_to_allowed_addresses_only) {
  const auto link_after = [&](const std::string& return_to) {
    const auto token = mint_token("ada@example.com", return_to);
    const auto page = post_form("/set-password", form(token, kGoodPassword));
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(header_of(page, "Location"), "");
    return page.body;
  };
  EXPECT_THAT(link_after("https://app.example.com/in"),
              HasSubstr("href=\"https://app.example.com/in\""));
  for (const std::string gone : {"https://evil.example/", "javascript:alert(1)", ""}) {
    const auto body = link_after(gone);
    EXPECT_THAT(body, HasSubstr("href=\"https://kestrel.example\"")) << gone;
    EXPECT_THAT(body, Not(HasSubstr("evil")));
    EXPECT_THAT(body, Not(HasSubstr("javascript:")));
  }
}

TEST_F(SetPasswordRoutes, W4_fields_of_another_type_are_refused) {
  for (const std::string body :
       {R"({"token":1,"password":"x"})", R"({"token":["x"],"password":1})",
        R"({"token":"x","password":["y"]})", R"({"token":"x","password":null})"}) {
    EXPECT_EQ(code_of(post_json("/set-password", body)), "invalid_field") << body;
  }
  EXPECT_EQ(code_of(post_json("/set-password", R"({"password":"x"})")), "missing_field");
  EXPECT_EQ(code_of(post_json("/set-password", R"({"token":"x"})")), "missing_field");
}

TEST_F(SetPasswordRoutes, a_busy_moment_shows_the_form_again) {
  const std::string token = mint_token("ada@example.com");
  database_.fail_next(fakes::StoreStep::kBegin, {"store_unavailable", Retry::kLater, "gone"});
  const auto page = post_form("/set-password", form(token, kGoodPassword));
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header_of(page, "Retry-After"), "2");
  EXPECT_THAT(page.body, HasSubstr("name=\"token\""));
  EXPECT_THAT(page.body, Not(HasSubstr(kGoodPassword)));
}

}  // namespace
}  // namespace postern
