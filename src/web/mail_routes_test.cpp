#include <gmock/gmock.h>

#include "queue/job_codec.hpp"
#include "text/form.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAcceptedBody =
    R"({"status":"accepted",)"
    R"("message":"If this address can receive email, a link is on its way."})";

class MailRoutes : public WebTest {
 protected:
  std::size_t mails() const { return database_.state().outbox.size(); }

  MailJob last_job() const {
    const auto state = database_.state();
    EXPECT_FALSE(state.outbox.empty());
    const auto job = decode_mail_job(state.outbox.back().row.body);
    EXPECT_TRUE(job);
    return *job;
  }

  std::string multipart(const std::string& fields) const {
    return "--cut\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n" + fields +
           "\r\n--cut--\r\n";
  }
};

TEST_F(MailRoutes, json_registration_is_accepted_and_an_email_waits) {
  const auto response = post_json("/register", R"({"email":"Ada@Example.com"})");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, kAcceptedBody);
  EXPECT_EQ(last_job().email, "Ada@example.com");
  EXPECT_EQ(last_job().kind, MailKind::kConfirm);
}

TEST_F(MailRoutes, forms_of_both_kinds_are_read) {
  EXPECT_EQ(post("/register", "email=a%40example.com", {{"Content-Type", kUrlencoded}}).body,
            kAcceptedBody);
  EXPECT_EQ(post("/register", multipart("b@example.com"),
                 {{"Content-Type", "multipart/form-data; boundary=cut"}})
                .body,
            kAcceptedBody);
  EXPECT_EQ(mails(), 2u);
}

TEST_F(MailRoutes, E1_every_state_of_an_address_gets_the_same_bytes) {
  add_account("unconfirmed@example.com", AccountState::kUnconfirmed);
  add_account("confirmed@example.com", AccountState::kConfirmed);
  add_account("disabled@example.com", AccountState::kDisabled);
  for (const std::string path : {"/register", "/recover-password"}) {
    for (const bool html : {false, true}) {
      std::string first;
      for (const std::string name : {"unknown", "unconfirmed", "confirmed", "disabled"}) {
        // A browser's form: sent_page_test.cpp.
        const auto response =
            post(path, R"({"email":")" + name + R"(@example.com"})",
                 {{"Content-Type", kJson}, {"Accept", html ? "text/html" : "*/*"}});
        EXPECT_EQ(response.status, 202);
        if (first.empty()) first = bytes_of(response);
        EXPECT_EQ(bytes_of(response), first) << path << ' ' << name;
      }
    }
  }
}

TEST_F(MailRoutes, E1_an_address_over_its_limit_gets_the_same_bytes) {
  const auto first = post_json("/register", R"({"email":"a@example.com"})");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(bytes_of(post_json("/register", R"({"email":"a@example.com"})")), bytes_of(first));
  }
  EXPECT_EQ(mails(), accounts_.settings.mails_per_address.front().count);
}

TEST_F(MailRoutes, E5_the_recipient_is_the_stored_address) {
  add_account("Grace.Hopper@example.com", AccountState::kConfirmed);
  post_json("/recover-password", R"({"email":"gRACE.hOPPER@EXAMPLE.com"})");
  EXPECT_EQ(last_job().email, "Grace.Hopper@example.com");
}

TEST_F(MailRoutes, M2_one_string_is_one_address) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"email":["a@example.com","b@example.com"]})", "invalid_field"},
      {R"({"email":["a@example.com"]})", "invalid_field"},
      {R"({"email":{"address":"a@example.com"}})", "invalid_field"},
      {R"({"email":null})", "invalid_field"},
      {R"({"email":1})", "invalid_field"},
      {R"({"email":true})", "invalid_field"},
      {R"({})", "missing_field"},
      {R"({"email":"a@example.com","email":"b@example.com"})", "invalid_json"},
      {R"({"email":"a@example.com,b@example.com"})", "invalid_email"},
      {R"({"email":"a@example.com;b@example.com"})", "invalid_email"},
      {R"({"email":"a@example.com b@example.com"})", "invalid_email"},
      {R"({"email":"a@example.com\nBcc: b@example.com"})", "invalid_email"},
      {R"({"email":""})", "invalid_email"},
  };
  for (const std::string path : {"/register", "/recover-password"}) {
    for (const auto& [body, code] : cases) {
      const auto response = post_json(path, body);
      EXPECT_EQ(response.status, 400) << body;
      EXPECT_EQ(code_of(response), code) << body;
    }
  }
  for (const std::string form : {"email=a%40example.com&email=b%40example.com",
                                 "email=a%40example.com&email[]=b%40example.com&email=c"}) {
    EXPECT_EQ(code_of(post("/register", form, {{"Content-Type", kUrlencoded}})), "invalid_form");
  }
  EXPECT_EQ(database_.generation(), 0u);
}

TEST_F(MailRoutes, A1_white_space_around_an_address_is_ignored) {
  for (const std::string email : {"a@example.com ", " a@example.com", "\\ta@example.com\\t",
                                  "\\u00a0a@example.com\\u00a0", "\u00A0a@example.com\u3000"}) {
    EXPECT_EQ(post_json("/register", R"({"email":")" + email + "\"}").status, 202) << email;
    EXPECT_EQ(last_job().email, "a@example.com");
  }
  EXPECT_EQ(post_form("/recover-password", "email=+a%40example.com%C2%A0").status, 303);
  for (const std::string email :
       {"a@example.com\\n", "\\r\\na@example.com", "a @example.com", " "}) {
    EXPECT_EQ(post_json("/register", R"({"email":")" + email + "\"}").status, 400) << email;
  }
}

TEST_F(MailRoutes, A1_null_is_an_absent_field) {
  EXPECT_EQ(
      post_json("/register", R"({"email":"a@example.com","locale":null,"return_to":null})").status,
      202);
  EXPECT_EQ(code_of(post_json("/register", R"({"email":null})")), "invalid_field");
}

TEST_F(MailRoutes, W4_bodies_that_parsers_disagree_about_are_refused) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "invalid_json"},
      {"{", "invalid_json"},
      {"[]", "invalid_json"},
      {R"("a@example.com")", "invalid_json"},
      {R"({"email":"a@example.com"} x)", "invalid_json"},
      {R"({"email":"a@example.com","locale":1})", "invalid_field"},
      {R"({"email":"a@example.com","locale":["ru"]})", "invalid_field"},
      {R"({"email":"a@example.com","return_to":{}})", "invalid_field"},
      {R"({"email":"a@example.com","x":[[[[[[[[[1]]]]]]]]]})", "invalid_json"},
      {"{\"email\":\"\xff@example.com\"}", "invalid_json"},
  };
  for (const auto& [body, code] : cases) {
    EXPECT_EQ(code_of(post_json("/register", body)), code) << body;
  }
  EXPECT_EQ(database_.generation(), 0u);
}

TEST_F(MailRoutes, W4_the_content_type_must_be_there_and_match) {
  const std::string body = R"({"email":"a@example.com"})";
  for (const std::string type : {"text/plain", "text/plain; application/json", "", "json",
                                 "application/jsonp", "application/octet-stream"}) {
    const auto response = post("/register", body, {{"Content-Type", type}});
    EXPECT_EQ(response.status, 415) << type;
    EXPECT_EQ(code_of(response), "unsupported_media_type") << type;
  }
  EXPECT_EQ(post("/register", body, {}).status, 415);
  EXPECT_EQ(code_of(post("/register", "email=a%40example.com", {{"Content-Type", kJson}})),
            "invalid_json");
  EXPECT_EQ(code_of(post("/register", body, {{"Content-Type", kUrlencoded}})), "missing_field");
  EXPECT_EQ(code_of(post("/register", "x", {{"Content-Type", "multipart/form-data"}})),
            "invalid_form");
  EXPECT_EQ(database_.generation(), 0u);
  EXPECT_EQ(post("/register", body, {{"content-type", "Application/JSON ; charset=utf-8"}}).status,
            202);
}

TEST_F(MailRoutes, W5_unknown_fields_change_nothing) {
  const auto response = post_json(
      "/register",
      R"({"email":"a@example.com","role":"admin","id":"1","state":"confirmed","revision":9})");
  EXPECT_EQ(response.body, kAcceptedBody);
  const auto account = database_.account_of("a@example.com");
  ASSERT_TRUE(account.has_value());
  EXPECT_EQ(account->state, AccountState::kUnconfirmed);
  EXPECT_NE(account->id, "1");
  EXPECT_EQ(account->revision, 1);
}

TEST_F(MailRoutes, H6_return_to_must_be_one_of_the_list) {
  const char* const refused[] = {"https://evil.example/",
                                 "//app.example.com/",
                                 "https:\\\\app.example.com/",
                                 "https://app.example.com@evil.example/",
                                 "https://app.example.com/\r\nX: y",
                                 "javascript:alert(1)",
                                 "/relative",
                                 "https://shop.example.com/cart/more"};
  for (const std::string path : {"/register", "/recover-password"}) {
    for (const std::string to : refused) {
      const std::string form = "email=a%40example.com&return_to=" + percent_encode(to);
      const auto response = post(path, form, {{"Content-Type", kUrlencoded}});
      EXPECT_EQ(response.status, 400) << to;
      EXPECT_EQ(code_of(response), "invalid_return_to") << to;
      const auto page = get(path, "return_to=" + percent_encode(to));
      EXPECT_EQ(page.status, 400) << to;
      EXPECT_THAT(page.body, Not(HasSubstr("evil"))) << to;
    }
  }
  EXPECT_EQ(database_.generation(), 0u);
}

TEST_F(MailRoutes, H6_an_allowed_return_to_travels_through_the_form_into_the_job) {
  const auto page = get("/register", "return_to=https%3A%2F%2Fapp.example.com%2Fin%3Fa%3D1%26b");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body,
              HasSubstr("name=\"return_to\" value=\"https://app.example.com/in?a=1&amp;b\""));
  post_form("/register", "email=a%40example.com&return_to=https%3A%2F%2Fapp.example.com%2Fin");
  EXPECT_EQ(last_job().return_to, "https://app.example.com/in");
  EXPECT_EQ(post_form("/register", "email=b%40example.com&return_to=").status, 303);
}

TEST_F(MailRoutes, H7_what_a_request_calls_this_host_gets_nowhere) {
  const std::vector<HttpHeader> lies = {{"Host", "evil.example"},
                                        {"X-Forwarded-Host", "evil.example"},
                                        {"X-Forwarded-Proto", "evil"},
                                        {"Forwarded", "host=evil.example"},
                                        {"X-Original-URL", "https://evil.example/"}};
  const auto response = post_form("/register", "email=a%40example.com", lies);
  EXPECT_EQ(response.status, 303);
  EXPECT_THAT(bytes_of(response), Not(HasSubstr("evil")));
  for (const std::string path : {"/", "/register", "/recover-password", "/set-password"}) {
    EXPECT_THAT(bytes_of(get(path, "", lies)), Not(HasSubstr("evil"))) << path;
  }
  EXPECT_THAT(database_.state().outbox.back().row.body, Not(HasSubstr("evil")));
}

TEST_F(MailRoutes, the_emails_language_is_chosen_by_field_then_by_browser) {
  const auto locale_of = [&](const std::string& email, const std::string& more,
                             const std::string& accept_language) {
    post("/register", R"({"email":")" + email + '"' + more + "}",
         {{"Content-Type", kJson}, {"Accept-Language", accept_language}});
    return last_job().locale;
  };
  EXPECT_EQ(locale_of("a@example.com", "", ""), "en");
  EXPECT_EQ(locale_of("b@example.com", "", "ru-RU,ru;q=0.9"), "ru");
  EXPECT_EQ(locale_of("c@example.com", R"(,"locale":"en")", "ru"), "en");
  EXPECT_EQ(locale_of("d@example.com", R"(,"locale":"ru-RU")", "en"), "ru");
  EXPECT_EQ(locale_of("e@example.com", R"(,"locale":"kl")", "ru"), "ru");
}

TEST_F(MailRoutes, a_person_sees_pages_in_their_language) {
  EXPECT_EQ(header_of(post_form("/register", "email=a%40example.com&locale=ru"), "Location"),
            "/email-sent?locale=ru");
  const auto sent = get("/email-sent", "locale=ru");
  EXPECT_EQ(sent.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(sent.body, HasSubstr("<html lang=\"ru\">"));
  EXPECT_THAT(sent.body, HasSubstr("Проверьте почту"));
}

TEST_F(MailRoutes, a_mistyped_address_is_kept_and_explained) {
  const auto again = post_form("/register", "email=%3Cscript%3E%22ada");
  EXPECT_EQ(again.status, 400);
  EXPECT_THAT(again.body, HasSubstr("value=\"&lt;script&gt;&quot;ada\""));
  EXPECT_THAT(again.body, HasSubstr("role=\"alert\""));
  EXPECT_THAT(again.body, HasSubstr("aria-invalid=\"true\""));
  EXPECT_THAT(again.body, Not(HasSubstr("<script>")));
}

TEST_F(MailRoutes, a_database_that_is_away_is_503_with_a_time_to_come_back) {
  const Error away{"store_unavailable", Retry::kLater, "secret detail"};
  for (const bool html : {false, true}) {
    database_.fail_next(fakes::StoreStep::kBegin, away);
    const auto response = html ? post_form("/register", "email=a%40example.com")
                               : post_json("/register", R"({"email":"a@example.com"})");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header_of(response, "Retry-After"), "2");
    EXPECT_THAT(response.body, Not(HasSubstr("secret detail")));
    if (html) {
      EXPECT_THAT(response.body, HasSubstr("value=\"a@example.com\""));
    } else {
      EXPECT_EQ(code_of(response), "store_unavailable");
    }
  }
}

}  // namespace
}  // namespace postern
