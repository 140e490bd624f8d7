// Logging in and out, by form and as an API, and the list of sessions.
#include <gmock/gmock.h>

#include "text/form.hpp"
#include "web/session_routes_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST_F(SessionRoutes, C1_two_cookies_of_the_name_are_none) {
  const auto own = cookie().second;
  const std::vector<HttpHeader> accept{{"Accept", "application/json"}};
  EXPECT_EQ(get("/me", {}, {{"Cookie", "a=b; " + own + "; c=d"}}).status, 200);
  EXPECT_EQ(get("/me", {}, {{"Cookie", own + "; __Host-postern=other"}}).status, 401);
  EXPECT_EQ(get("/me", {}, {{"Cookie", own + "; __Host-postern="}}).status, 401);
  EXPECT_EQ(get("/me", {}, {{"Cookie", "__Host-postern=; " + own}}).status, 401);
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

TEST_F(SessionRoutes, H7_O2_the_key_set_may_be_kept_for_a_moment) {
  const auto response = get("/.well-known/jwks.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, max-age=60");
  EXPECT_THAT(response.body, HasSubstr(R"("alg":"ES256")"));
  EXPECT_THAT(response.body, Not(HasSubstr("\"d\"")));
}

}  // namespace
}  // namespace postern
