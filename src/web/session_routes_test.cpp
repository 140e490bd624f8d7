#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "crypto/password.hpp"
#include "text/form.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAda = "ada@example.com";

class SessionRoutes : public WebTest {
 protected:
  SessionRoutes() {
    add_account(kAda, AccountState::kConfirmed);
    auto account = *database_.account_of(kAda);
    account.password_hash = hash();
    database_.put(account);
    EXPECT_TRUE(keys_.load());
  }
  static std::string hash() {
    static const std::string hash = *hash_password(kGoodPassword);
    return hash;
  }
  static std::string credentials(const std::string& password = kGoodPassword) {
    return R"({"email":"ada@example.com","password":")" + password + "\"}";
  }
  static std::string login_form(const std::string& password = kGoodPassword) {
    return "email=ada%40example.com&password=" + percent_encode(password);
  }
  static std::string field(const HttpResponse& response, const char* name) {
    const auto body = boost::json::parse(response.body);
    return std::string(body.at(name).as_string());
  }
  HttpHeader bearer() const {
    return {"Authorization", "Bearer " + field(post_json("/login", credentials()), "access_token")};
  }
  /// As the browser sends it back.
  HttpHeader cookie() const {
    const auto set = header_of(post_form("/login", login_form()), "Set-Cookie");
    return {"Cookie", set.substr(0, set.find(';'))};
  }
  HttpResponse send(const std::string& method, const std::string& path, const std::string& body,
                    std::vector<HttpHeader> headers) const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (!body.empty()) headers.emplace_back("Content-Type", kJson);
    request.headers = std::move(headers);
    return call(request);
  }
};

TEST_F(SessionRoutes, a_login_gives_a_pair_that_me_and_refresh_take) {
  const auto response = post_json("/login", credentials());
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(field(response, "token_type"), "Bearer");
  EXPECT_EQ(boost::json::parse(response.body).at("expires_in").as_int64(), 900);
  EXPECT_EQ(header_of(response, "Set-Cookie"), "");
  const auto me = get("/me", {}, {{"authorization", "bearer " + field(response, "access_token")}});
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(field(me, "email"), kAda);
  const auto next =
      post_json("/refresh", R"({"refresh_token":")" + field(response, "refresh_token") + "\"}");
  EXPECT_EQ(next.status, 200);
  EXPECT_NE(field(next, "refresh_token"), field(response, "refresh_token"));
}

TEST_F(SessionRoutes, A1_white_space_around_an_address_is_ignored) {
  for (const std::string email : {"ada@example.com ", " ada@example.com", "\\tada@example.com"}) {
    const auto body = R"({"email":")" + email + R"(","password":")" + kGoodPassword + "\"}";
    EXPECT_EQ(post_json("/login", body).status, 200) << email;
  }
}

TEST_F(SessionRoutes, E3_refused_logins_answer_the_same_bytes) {
  add_account("unconfirmed@example.com", AccountState::kUnconfirmed);
  add_account("disabled@example.com", AccountState::kDisabled);
  const auto wrong = post_json("/login", credentials("a wrong quiet river 9"));
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(code_of(wrong), "invalid_credentials");
  EXPECT_EQ(header_of(wrong, "WWW-Authenticate"), "Bearer");
  for (const std::string name : {"unknown", "unconfirmed", "disabled"}) {
    const auto response = post_json(
        "/login", R"({"email":")" + name + R"(@example.com","password":"whatever it is"})");
    EXPECT_EQ(bytes_of(response), bytes_of(wrong)) << name;
  }
  EXPECT_EQ(bytes_of(post_json("/login", credentials(std::string(3000, 'x')))), bytes_of(wrong));
}

TEST_F(SessionRoutes, L1_E4_too_many_wrong_passwords_answer_429_known_or_not) {
  const auto last = [&](const std::string& address) {
    HttpResponse response;
    for (int i = 0; i < 6; ++i) {
      response = post_json("/login", R"({"email":")" + address + R"(","password":"no"})");
    }
    return response;
  };
  const auto known = last(kAda);
  EXPECT_EQ(known.status, 429);
  EXPECT_EQ(code_of(known), "too_many_attempts");
  EXPECT_EQ(header_of(known, "Retry-After"), "1");
  EXPECT_EQ(bytes_of(last("unknown@example.com")), bytes_of(known));
}

TEST_F(SessionRoutes, a_locked_login_says_in_words_how_long) {
  const auto try_again = [&](const std::string& locale) {
    return post_form("/login", "email=ada%40example.com&password=no&locale=" + locale);
  };
  for (int i = 0; i < 5; ++i) try_again("en");
  const auto second = try_again("en");
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(header_of(second, "Retry-After"), "1");
  EXPECT_THAT(second.body, HasSubstr("Try again in 1 second, or set a new password"));
  // The delay doubles.
  for (int i = 0; i < 9; ++i) {
    clock_.advance(std::chrono::minutes(14));
    try_again("en");
  }
  const auto locked = try_again("ru");
  EXPECT_EQ(locked.status, 429);
  const auto minutes = (std::stoi(header_of(locked, "Retry-After")) + 59) / 60;
  EXPECT_GT(minutes, 1);
  EXPECT_THAT(locked.body, HasSubstr("через " + std::to_string(minutes) + " мин"));
  EXPECT_THAT(locked.body, HasSubstr("role=\"alert\""));
  EXPECT_THAT(try_again("en").body, HasSubstr("in " + std::to_string(minutes) + " minutes,"));
}

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

TEST_F(SessionRoutes, C1_the_cookie_is_bound_to_the_host_and_hidden_from_scripts) {
  const auto response = post_form("/login", login_form());
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header_of(response, "Location"), "https://kestrel.example");
  const auto cookie = header_of(response, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-postern="));
  EXPECT_TRUE(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000"));
}

TEST_F(SessionRoutes, L1_C1_a_login_makes_the_browser_a_known_device) {
  const auto response = post_form("/login", login_form());
  ASSERT_EQ(response.headers.back().first, "Set-Cookie");
  const auto device = response.headers.back().second;
  EXPECT_TRUE(device.starts_with("__Host-postern-device="));
  EXPECT_TRUE(device.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000"));
  const HttpHeader known{"Cookie", device.substr(0, device.find(';'))};
  for (int i = 0; i < 5; ++i) post_form("/login", login_form("a wrong quiet river 9"));
  EXPECT_EQ(post_form("/login", login_form()).status, 429) << "an unknown device";
  const auto again = post_form("/login", login_form(), {known});
  EXPECT_EQ(again.status, 303);
  // A browser keeps what it is known by for other accounts.
  add_account("eve@example.com", AccountState::kConfirmed);
  auto eve = *database_.account_of("eve@example.com");
  eve.password_hash = hash();
  database_.put(eve);
  const auto eves = post_form(
      "/login", "email=eve%40example.com&password=" + percent_encode(kGoodPassword), {known});
  const auto both = eves.headers.back().second;
  const HttpHeader list{"Cookie", both.substr(0, both.find(';'))};
  EXPECT_EQ(post_form("/login", login_form(), {list}).status, 303);
  EXPECT_EQ(post_form("/login", login_form(), {known, list}).status, 429) << "two are none";
}

TEST_F(SessionRoutes, L1_an_api_client_brings_its_device_token) {
  const auto device = field(post_json("/login", credentials()), "device_token");
  for (int i = 0; i < 5; ++i) post_json("/login", credentials("a wrong quiet river 9"));
  EXPECT_EQ(post_json("/login", credentials()).status, 429);
  auto body = credentials();
  body.insert(body.size() - 1, R"(,"device_token":")" + device + "\"");
  const auto response = post_json("/login", body);
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(field(response, "device_token"), "");
  const auto next =
      post_json("/refresh", R"({"refresh_token":")" + field(response, "refresh_token") + "\"}");
  EXPECT_EQ(next.body.find("device_token"), std::string::npos);
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

TEST_F(SessionRoutes, C1_two_cookies_of_the_name_are_none) {
  const auto own = cookie().second;
  const std::vector<HttpHeader> accept{{"Accept", "application/json"}};
  EXPECT_EQ(get("/me", {}, {{"Cookie", "a=b; " + own + "; c=d"}}).status, 200);
  EXPECT_EQ(get("/me", {}, {{"Cookie", own + "; __Host-postern=other"}}).status, 401);
  EXPECT_EQ(get("/me", {}, {{"Cookie", "x" + own}}).status, 401);
  EXPECT_EQ(get("/me").status, 401);
  EXPECT_EQ(get("/me", {}, {{"Cookie", own}, {"Authorization", "Basic YTpi"}}).status, 401);
}

TEST_F(SessionRoutes, C2_every_changing_route_refuses_other_sites_and_plain_text) {
  const auto own = cookie();
  const struct {
    const char* method;
    const char* path;
  } routes[] = {{"POST", "/login"},        {"POST", "/refresh"},       {"POST", "/logout"},
                {"PATCH", "/me"},          {"DELETE", "/me"},          {"POST", "/me"},
                {"POST", "/me/delete"},    {"POST", "/me/password"},   {"POST", "/me/email"},
                {"POST", "/me/sessions"},  {"DELETE", "/me/sessions"}, {"DELETE", "/me/sessions/x"},
                {"POST", "/confirm-email"}};
  const auto before = database_.generation();
  for (const auto& route : routes) {
    for (const std::vector<HttpHeader>& from :
         {std::vector<HttpHeader>{{"Origin", "https://evil.example"}},
          {{"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}},
          {{"Sec-Fetch-Site", "same-site"}}}) {
      auto headers = from;
      headers.push_back(own);
      const auto response = send(route.method, route.path, credentials(), headers);
      EXPECT_EQ(code_of(response), "cross_site") << route.method << ' ' << route.path;
    }
    if (std::string_view(route.path).starts_with("/me/sessions")) continue;
    HttpRequest plain;
    plain.method = route.method;
    plain.path = route.path;
    plain.body = credentials();
    plain.headers = {own, {"Content-Type", "text/plain"}};
    EXPECT_EQ(code_of(call(plain)), "unsupported_media_type") << route.path;
  }
  EXPECT_EQ(database_.generation(), before);
}

TEST_F(SessionRoutes, T8_reading_methods_change_nothing) {
  const auto own = cookie();
  const auto before = database_.generation();
  for (const std::string path : {"/me", "/me/sessions", "/account", "/login", "/confirm-email",
                                 "/.well-known/jwks.json", "/logout", "/me/password"}) {
    for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
      HttpRequest request;
      request.method = method;
      request.path = path;
      request.query = "token=x&_method=DELETE";
      request.headers = {own};
      EXPECT_LT(call(request).status, 500) << method << ' ' << path;
    }
  }
  EXPECT_EQ(database_.generation(), before);
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

TEST_F(SessionRoutes, a_wrong_login_shows_the_form_again) {
  const auto page = post_form("/login", login_form("a wrong quiet river 9"));
  EXPECT_EQ(page.status, 401);
  EXPECT_THAT(page.body, HasSubstr("ada@example.com"));
  EXPECT_THAT(page.body, HasSubstr("Incorrect email or password."));
  EXPECT_THAT(page.body, Not(HasSubstr("quiet river")));
  EXPECT_EQ(header_of(page, "Set-Cookie"), "");
}

TEST_F(SessionRoutes, logging_out_is_the_end_however_it_is_asked_for) {
  const auto pair = post_json("/login", credentials());
  const HttpHeader with{"Authorization", "Bearer " + field(pair, "access_token")};
  EXPECT_EQ(send("POST", "/logout", "", {with}).status, 204);
  EXPECT_EQ(get("/me", {}, {with}).status, 401);
  EXPECT_EQ(send("POST", "/logout", "", {with}).status, 204) << "over already";
  const auto other = post_json("/login", credentials());
  const auto token = R"({"refresh_token":")" + field(other, "refresh_token") + "\"}";
  EXPECT_EQ(post_json("/logout", token).status, 204);
  EXPECT_EQ(post_json("/refresh", token).status, 401);
  const auto own = cookie();
  const auto out = post_form("/logout", "", {own});
  EXPECT_EQ(out.status, 303);
  EXPECT_THAT(header_of(out, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(get("/me", {}, {own}).status, 401);
  EXPECT_EQ(send("POST", "/logout", "", {}).status, 401);
}

TEST_F(SessionRoutes, one_session_is_ended_by_its_path) {
  const auto with = bearer();
  const auto own = cookie();
  const auto list = boost::json::parse(get("/me/sessions", {}, {with}).body).at("sessions");
  ASSERT_EQ(list.as_array().size(), 2U);
  for (const auto& session : list.as_array()) {
    if (session.at("current").as_bool()) continue;
    const auto path = "/me/sessions/" + std::string(session.at("id").as_string());
    EXPECT_EQ(send("DELETE", path, "", {with}).status, 204);
    EXPECT_EQ(code_of(send("DELETE", path, "", {with})), "not_found");
  }
  EXPECT_EQ(get("/me", {}, {own}).status, 401);
  EXPECT_EQ(get("/me", {}, {with}).status, 200);
  EXPECT_EQ(code_of(send("GET", "/me/sessions/x", "", {with})), "method_not_allowed");
  EXPECT_EQ(code_of(send("GET", "/me/other", "", {with})), "not_found");
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

TEST_F(SessionRoutes, H7_O2_the_key_set_may_be_kept_for_a_moment) {
  const auto response = get("/.well-known/jwks.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, max-age=60");
  EXPECT_THAT(response.body, HasSubstr(R"("alg":"ES256")"));
  EXPECT_THAT(response.body, Not(HasSubstr("\"d\"")));
}

}  // namespace
}  // namespace postern
