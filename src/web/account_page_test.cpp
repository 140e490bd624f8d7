// The account page, and what its forms change.
#include <gmock/gmock.h>

#include "text/form.hpp"
#include "web/session_routes_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(SessionRoutes, the_start_page_knows_who_is_logged_in) {
  const auto mine = cookie();
  const auto page = get("/", "locale=en", {mine});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<span class=\"address\">ada@example.com</span>"));
  EXPECT_THAT(page.body, HasSubstr("href=\"/account?locale=en\""));
  EXPECT_THAT(page.body, HasSubstr("<form method=\"post\" action=\"/logout\">"));
  EXPECT_THAT(page.body, Not(HasSubstr("href=\"/register")));
  EXPECT_THAT(page.body, Not(HasSubstr("href=\"/login")));
  EXPECT_THAT(get("/", "locale=ru", {mine}).body, HasSubstr("Вы вошли как"));
  const std::vector<HttpHeader> others[] = {
      {}, {{"Cookie", "__Host-postern=nonsense"}}, {{mine.first, mine.second + "x"}}};
  for (const auto& headers : others) {
    const auto other = get("/", "locale=en", headers);
    EXPECT_EQ(other.status, 200);
    EXPECT_THAT(other.body, Not(HasSubstr("ada@example.com")));
    EXPECT_THAT(other.body, HasSubstr("href=\"/login?locale=en\""));
    EXPECT_THAT(other.body, HasSubstr("href=\"/register?locale=en\""));
  }
  database_.fail_next(fakes::StoreStep::kBegin, {"store_unavailable", Retry::kLater, {}});
  EXPECT_EQ(get("/", {}, {mine}).status, 200);
  post_form("/logout", "", {mine});
  EXPECT_THAT(get("/", {}, {mine}).body, HasSubstr("href=\"/login\""));
}

TEST_F(SessionRoutes, a_form_that_failed_looks_for_its_person_no_more_often_than_the_api) {
  const auto mine = cookie();
  const auto looks = [&](const std::string& body, std::vector<HttpHeader> headers) {
    const auto before = database_.count(fakes::StoreStep::kFind);
    headers.push_back(mine);
    const auto response = post_form("/me/password", body, headers);
    EXPECT_EQ(response.status, 403);
    return database_.count(fakes::StoreStep::kFind) - before;
  };
  const std::string wrong = "current_password=wrong&new_password=" + percent_encode(kGoodPassword);
  const auto by_api = looks(wrong, {{"Accept", "application/json"}});
  EXPECT_GT(by_api, 0u);
  EXPECT_EQ(looks(wrong, {{"Accept", kBrowserAccept}}), by_api);
}

TEST_F(SessionRoutes, a_deletion_asks_once_more_and_lists_what_is_lost) {
  const auto mine = cookie();
  const auto account = get("/account", "locale=en", {mine});
  EXPECT_THAT(account.body, HasSubstr("href=\"/account/delete?locale=en\""));
  EXPECT_THAT(account.body, Not(HasSubstr("action=\"/me/delete\"")));
  EXPECT_THAT(account.body, Not(HasSubstr("value=\"DELETE\"><input name=\"password")));
  for (const std::string locale : {"en", "ru"}) {
    const auto page = get("/account/delete", "locale=" + locale, {mine});
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<span class=\"address\">ada@example.com</span>"));
    EXPECT_THAT(page.body, HasSubstr("<ul class=\"lost\">"));
    EXPECT_THAT(page.body, HasSubstr("<form method=\"post\" action=\"/me/delete\""));
    EXPECT_THAT(page.body, HasSubstr("href=\"/account?locale=" + locale + "\""));
  }
  EXPECT_TRUE(database_.account_of(kAda).has_value());
  const auto wrong = post_form("/me/delete", "password=nonsense", {mine});
  EXPECT_EQ(wrong.status, 403);
  EXPECT_THAT(wrong.body, HasSubstr("<ul class=\"lost\">"));
  EXPECT_THAT(wrong.body, HasSubstr("id=\"delete_password-error\""));
  EXPECT_TRUE(database_.account_of(kAda).has_value());
  const auto done = post_form("/me/delete", "password=" + percent_encode(kGoodPassword), {mine});
  EXPECT_EQ(header_of(done, "Location"), "/?done=deleted");
  EXPECT_FALSE(database_.account_of(kAda).has_value());
  const auto logged_out = get("/account/delete", {}, {{"Accept", kBrowserAccept}});
  EXPECT_EQ(header_of(logged_out, "Location"), "/login");
}

TEST_F(SessionRoutes, the_browser_that_changes_the_password_stays_known) {
  const auto own = cookie();
  const auto changed = post_form(
      "/me/password",
      "current_password=" + percent_encode(kGoodPassword) + "&new_password=another+quiet+river+8",
      {own});
  ASSERT_EQ(changed.status, 303);
  const auto device = header_of(changed, "Set-Cookie");
  ASSERT_TRUE(device.starts_with("__Host-postern-device=")) << device;
  const auto form = "email=ada%40example.com&password=";
  for (int i = 0; i < 5; ++i) post_form("/login", std::string(form) + "no");
  const std::string right = std::string(form) + "another+quiet+river+8";
  EXPECT_EQ(post_form("/login", right).status, 429);
  EXPECT_EQ(post_form("/login", right, {{"Cookie", device.substr(0, device.find(';'))}}).status,
            303);
}

TEST_F(SessionRoutes, an_account_is_deleted_by_post_where_DELETE_has_no_body) {
  const auto with = bearer();
  const auto bare = send("DELETE", "/me", "", {with});
  EXPECT_EQ(bare.status, 400);
  EXPECT_EQ(code_of(bare), "missing_field");
  EXPECT_THAT(bare.body, HasSubstr("POST /me/delete"));
  EXPECT_EQ(code_of(send("POST", "/me/delete", "{}", {with})), "missing_field");
  EXPECT_EQ(code_of(send("POST", "/me/delete", R"({"password":"no"})", {with})), "wrong_password");
  EXPECT_EQ(code_of(send("POST", "/me/delete", credentials(), {})), "unauthorized");
  EXPECT_TRUE(database_.account_of(kAda));
  EXPECT_EQ(send("POST", "/me/delete", credentials(), {with}).status, 204);
  EXPECT_FALSE(database_.account_of(kAda));
}

TEST_F(SessionRoutes, profile_fields_are_checked_and_others_change_nothing) {
  const auto with = bearer();
  const auto response = send("PATCH", "/me",
                             R"({"display_name":"Ada <b>","locale":"ru-RU","state":"disabled",)"
                             R"("email":"eve@example.com","id":"1"})",
                             {with});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(field(response, "display_name"), "Ada <b>");
  EXPECT_EQ(field(response, "locale"), "ru");
  EXPECT_EQ(field(get("/me", {}, {with}), "email"), kAda);
  for (const std::string bad : {R"({"display_name":"a\nb"})", R"({"display_name":"a\u202eb"})",
                                R"({"display_name":7})", R"({"locale":"de"})"}) {
    EXPECT_EQ(code_of(send("PATCH", "/me", bad, {with})), "invalid_field") << bad;
  }
  const std::string longer = R"({"display_name":")" + std::string(201, 'x') + "\"}";
  EXPECT_EQ(code_of(send("PATCH", "/me", longer, {with})), "invalid_field");
}

TEST_F(SessionRoutes, M7_the_page_escapes_what_people_typed) {
  const auto own = cookie();
  send("PATCH", "/me", R"({"display_name":"<script>"})", {own});
  const auto page = get("/account", {}, {own, {"Accept", kBrowserAccept}});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page.body, HasSubstr(kAda));
}

TEST_F(SessionRoutes, forms_come_back_to_the_page) {
  const auto own = cookie();
  const auto form = [&](const std::string& path, const std::string& body) {
    return post_form(path, body, {own});
  };
  const auto saved = form("/me", "_method=PATCH&display_name=Ada&locale=en");
  EXPECT_EQ(saved.status, 303);
  EXPECT_EQ(header_of(saved, "Location"), "/account?done=profile");
  const auto wrong = form("/me/password", "current_password=no&new_password=whatever");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_THAT(wrong.body, HasSubstr("Incorrect current password."));
  EXPECT_THAT(wrong.body, Not(HasSubstr("whatever")));
  const auto weak = form(
      "/me/password", "current_password=" + percent_encode(kGoodPassword) + "&new_password=short");
  EXPECT_EQ(weak.status, 422);
  EXPECT_THAT(weak.body, HasSubstr("Too short"));
  EXPECT_EQ(form("/me/sessions", "_method=DELETE").status, 303);
  const auto gone = form("/me", "_method=DELETE&password=" + percent_encode(kGoodPassword));
  EXPECT_EQ(gone.status, 303);
  EXPECT_THAT(header_of(gone, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_FALSE(database_.account_of(kAda));
  EXPECT_EQ(header_of(form("/me", "display_name=x"), "Location"), "/login?done=ended");
}

TEST_F(SessionRoutes, the_page_says_what_was_wrong_at_the_field_and_leads_there) {
  const auto own = cookie();
  const struct {
    const char* path;
    std::string body;
    const char* field;
  } forms[] = {
      {"/me/password", "current_password=no&new_password=x", "current_password"},
      {"/me/password", "new_password=short&current_password=" + percent_encode(kGoodPassword),
       "new_password"},
      {"/me/email", "email=new%40example.com&password=no", "email_password"},
      {"/me/email", "email=new&password=no", "email"},
      {"/me", "_method=DELETE&password=no", "delete_password"},
      {"/me", "_method=PATCH&display_name=" + std::string(201, 'x'), "display_name"},
  };
  for (const auto& form : forms) {
    clock_.advance(std::chrono::hours(1));
    const auto page = post_form(form.path, form.body, {own});
    EXPECT_GE(page.status, 400);
    const std::string id = form.field;
    EXPECT_THAT(page.body, HasSubstr("<p class=\"error\" id=\"" + id + "-error\" role=\"alert\">"));
    EXPECT_THAT(page.body, testing::ContainsRegex("<input id=\"" + id + "\"[^>]* autofocus>"))
        << id;
    const auto first = page.body.find(" autofocus");
    EXPECT_EQ(page.body.find(" autofocus", first + 1), std::string::npos) << id;
  }
  EXPECT_THAT(post_form("/me/email", "email=new&password=no", {own}).body,
              HasSubstr("value=\"new\""));
}

TEST_F(SessionRoutes, the_page_shows_devices_by_their_names_and_times) {
  post_form(
      "/login", login_form(),
      {{"User-Agent", "Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0"}});
  const auto page = get("/account", {}, {cookie(), {"Accept", kBrowserAccept}}).body;
  EXPECT_THAT(page, HasSubstr("<strong>Firefox, Windows</strong>"));
  EXPECT_THAT(page, HasSubstr("<strong>Unknown device</strong>"));
  EXPECT_LT(page.find("This device"), page.find("Firefox, Windows")) << "one's own comes first";
  EXPECT_THAT(page, HasSubstr("<time datetime=\"2025-10-09T08:53:20.000Z\">2025-10-09 08:53 UTC<"));
}

TEST_F(SessionRoutes, P2_the_meter_knows_whose_password_it_is) {
  const std::string body = R"({"password":"ada@example.com"})";
  EXPECT_THAT(post_json("/password-strength", body).body, Not(HasSubstr("personal")));
  const auto own = send("POST", "/password-strength", body, {cookie()});
  EXPECT_THAT(own.body, HasSubstr("personal"));
  const auto ended = send("POST", "/password-strength", body, {{"Cookie", "__Host-postern=x"}});
  EXPECT_EQ(ended.status, 200);
}

TEST_F(SessionRoutes, the_page_that_follows_says_what_was_done) {
  const auto out = post_form("/logout", "", {cookie()});
  EXPECT_EQ(header_of(out, "Location"), "/login?done=logged_out");
  EXPECT_THAT(get("/login", "done=logged_out").body, HasSubstr("You are logged out."));
  EXPECT_THAT(get("/", "done=deleted").body, HasSubstr("Your account was deleted."));
  EXPECT_THAT(get("/login", "done=%3Cb%3E").body, Not(HasSubstr("class=\"done\"")));
  const auto ended = get("/account", {}, {{"Cookie", "__Host-postern=x"}});
  EXPECT_EQ(header_of(ended, "Location"), "/login?done=ended");
  EXPECT_EQ(header_of(get("/account"), "Location"), "/login");
}

TEST_F(SessionRoutes, H5_password_managers_find_the_address_and_the_way_to_change_a_password) {
  const auto response = get("/.well-known/change-password");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header_of(response, "Location"), "/account");
  const auto own = cookie();
  const auto count = [](std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  for (const auto& [path, forms] :
       {std::pair{"/account", 2U}, {"/account/delete", 1U}, {"/login", 1U}}) {
    const auto page = get(path, {}, {own, {"Accept", "text/html"}});
    EXPECT_EQ(count(page.body, "autocomplete=\"username\""), forms) << path;
  }
}

}  // namespace
}  // namespace postern
