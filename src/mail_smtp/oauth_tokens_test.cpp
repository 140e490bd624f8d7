#include "mail_smtp/oauth_tokens.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "mail_smtp/mailer_fixture_test.hpp"
#include "mail_smtp/oauth_messages.hpp"
#include "text/form.hpp"

namespace postern {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A token endpoint that gives the answers of a list, the last one again and again.
struct FakeEndpoint {
  std::vector<Result<TokenResponse>> answers;
  std::vector<std::string> forms = {};
  std::mutex mutex = {};
  OAuthTokens::Time time = OAuthTokens::Time(seconds(1'000'000));

  OAuthTokens tokens(OAuthOptions options) {
    return {std::move(options),
            [this](const std::string&, const Secret& form) {
              const std::lock_guard lock(mutex);
              forms.emplace_back(form.view());
              return answers[std::min(forms.size(), answers.size()) - 1];
            },
            [this] { return time; }};
  }
};

TokenResponse gives(const std::string& token, const std::string& rest = R"("expires_in":3600)") {
  return {200, R"({"token_type":"Bearer","access_token":")" + token + "\"," + rest + "}"};
}

OAuthOptions client_credentials() {
  return {"https://login.example.com/token", "client&1", Secret(std::string("s3cr=t")),
          "https://mail.example.com/.default"};
}

OAuthOptions refresh_grant() {
  auto options = client_credentials();
  options.scope.clear();
  options.refresh_token = Secret(std::string("1//refresh"));
  return options;
}

TEST(OAuthTokens, the_form_of_each_grant_is_exact) {
  FakeEndpoint endpoint{{gives("t1")}};
  ASSERT_TRUE(endpoint.tokens(client_credentials()).token());
  ASSERT_TRUE(endpoint.tokens(refresh_grant()).token());
  EXPECT_THAT(endpoint.forms,
              ElementsAre("grant_type=client_credentials&client_id=client%261&client_secret="
                          "s3cr%3Dt&scope=https%3A%2F%2Fmail.example.com%2F.default",
                          "grant_type=refresh_token&client_id=client%261&client_secret=s3cr%3Dt&"
                          "refresh_token=1%2F%2Frefresh"));
}

TEST(OAuthTokens, one_token_is_kept_and_renewed_before_it_ends) {
  FakeEndpoint endpoint{{gives("t1"), gives("t2")}};
  auto tokens = endpoint.tokens(client_credentials());
  EXPECT_EQ(tokens.token()->view(), "t1");
  endpoint.time += seconds(3299);
  EXPECT_EQ(tokens.token()->view(), "t1");
  EXPECT_EQ(endpoint.forms.size(), 1U);
  endpoint.time += seconds(1);
  EXPECT_EQ(tokens.token()->view(), "t2");
  EXPECT_EQ(endpoint.forms.size(), 2U);
}

TEST(OAuthTokens, many_connections_cost_one_request) {
  FakeEndpoint endpoint{{gives("t1")}};
  auto tokens = endpoint.tokens(client_credentials());
  {
    std::vector<std::jthread> connections;
    for (int i = 0; i < 16; ++i) {
      connections.emplace_back([&] { EXPECT_EQ(tokens.token()->view(), "t1"); });
    }
  }
  EXPECT_EQ(endpoint.forms.size(), 1U);
}

TEST(OAuthTokens, while_the_endpoint_is_away_a_token_serves_to_its_end) {
  const Error away{"oauth_endpoint", Retry::kLater, "token endpoint: away"};
  FakeEndpoint endpoint{{gives("t1"), away}};
  auto tokens = endpoint.tokens(client_credentials());
  ASSERT_TRUE(tokens.token());
  endpoint.time += seconds(3599);
  EXPECT_EQ(tokens.token()->view(), "t1");
  endpoint.time += seconds(1);
  const auto none = tokens.token();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().retry, Retry::kLater);
}

TEST(OAuthTokens, a_refused_token_is_renewed_and_a_newer_one_is_kept) {
  FakeEndpoint endpoint{{gives("t1"), gives("t2"), gives("t3")}};
  auto tokens = endpoint.tokens(client_credentials());
  const auto first = tokens.token();
  tokens.refused(*first);
  EXPECT_EQ(tokens.token()->view(), "t2");
  tokens.refused(*first);
  EXPECT_EQ(tokens.token()->view(), "t2");
}

TEST(OAuthTokens, a_replaced_refresh_token_is_used_from_then_on) {
  FakeEndpoint endpoint{{gives("t1", R"("expires_in":"60","refresh_token":"next")"), gives("t2")}};
  auto tokens = endpoint.tokens(refresh_grant());
  ASSERT_TRUE(tokens.token());
  endpoint.time += seconds(60);
  ASSERT_TRUE(tokens.token());
  EXPECT_THAT(endpoint.forms[1], HasSubstr("refresh_token=next"));
}

TEST(OAuthTokens, an_answer_is_checked_before_it_is_believed) {
  const std::string long_token(9000, 'a');
  for (const auto& answer : std::vector<TokenResponse>{
           {200, ""},
           {200, "[]"},
           {200, "<html>"},
           {200, R"({"token_type":"Bearer"})"},
           {200, R"({"token_type":"Bearer","access_token":7})"},
           {200, R"({"access_token":"t"})"},
           {200, R"({"token_type":"mac","access_token":"t"})"},
           gives(""),
           gives("a b"),
           gives("a\\r\\nQUIT"),
           gives("a\\u0001b"),
           gives(long_token),
           gives("t", R"("expires_in":0)"),
           gives("t", R"("expires_in":-1)"),
           gives("t", R"("expires_in":1.5)"),
           gives("t", R"("expires_in":"soon")"),
           gives("t", R"("expires_in":null)"),
           {204, ""},
           {302, ""},
           {401, R"({"error":"invalid_client"})"},
           {500, "oops"},
       }) {
    FakeEndpoint endpoint{{answer}};
    const auto token = endpoint.tokens(client_credentials()).token();
    ASSERT_FALSE(token) << answer.status << ' ' << answer.body.substr(0, 80);
    EXPECT_EQ(token.error().retry, Retry::kLater);
  }
}

TEST(OAuthTokens, H5_the_endpoint_s_words_are_shown_without_a_secret) {
  FakeEndpoint endpoint{{TokenResponse{
      400,
      R"({"error":"invalid_client","error_description":"AADSTS7000215: bad\r\ns3cr=t given"})"}}};
  const auto detail = endpoint.tokens(client_credentials()).token().error().cause;
  EXPECT_EQ(detail, "token endpoint: HTTP 400 invalid_client AADSTS7000215: bad  *** given");
  endpoint.answers = {TokenResponse{400, R"({"error":")" + std::string(5000, 'x') + "\"}"}};
  EXPECT_LT(endpoint.tokens(client_credentials()).token().error().cause.size(), 300U);
}

TEST(TokenEndpoint, tokens_are_asked_for_over_https_or_from_this_machine) {
  for (const char* url :
       {"https://login.example.com/t/oauth2/v2.0/token", "http://127.0.0.1:8080/t",
        "http://localhost/token", "http://[::1]:1/token"}) {
    EXPECT_TRUE(is_token_url(url)) << url;
  }
  for (const char* url :
       {"http://login.example.com/token", "http://127.0.0.1.example.com/token",
        "http://localhost.example.com/", "http://127.0.0.1@example.com/",
        "https://user:pass@example.com/token", "ftp://example.com", "", "token"}) {
    EXPECT_FALSE(is_token_url(url)) << url;
  }
}

class OAuthSmtpTest : public SmtpMailerTest {
 protected:
  SmtpOptions with_oauth(const FakeServer& server, FakeEndpoint& endpoint,
                         SmtpAuth auth = SmtpAuth::kAuto) {
    auto made = options(server);
    made.user = "app=1,x@example.com";
    made.auth = auth;
    made.oauth = std::make_shared<OAuthTokens>(
        client_credentials(),
        [&endpoint](const std::string&, const Secret& form) {
          const std::lock_guard lock(endpoint.mutex);
          endpoint.forms.emplace_back(form.view());
          return endpoint.answers[std::min(endpoint.forms.size(), endpoint.answers.size()) - 1];
        },
        [&endpoint] { return endpoint.time; });
    return made;
  }

  FakeScript offering(const std::string& mechanisms) {
    auto fake = script();
    fake.keywords = {"STARTTLS", "AUTH " + mechanisms};
    return fake;
  }

  /// The AUTH commands that the server saw, and the lines behind each.
  static std::vector<std::string> auth_lines(FakeServer& server) {
    std::vector<std::string> lines;
    for (const auto& seen : server.seen()) {
      const bool is_other = seen.line.starts_with("EHLO") || seen.line.starts_with("MAIL") ||
                            seen.line.starts_with("RCPT") || seen.line == "DATA" ||
                            seen.line == "QUIT" || seen.line == "STARTTLS";
      if (!is_other) lines.push_back(seen.line);
    }
    return lines;
  }
};

// printf 'user=app=1,x@example.com\1auth=Bearer t1\1\1' | base64
constexpr const char* kXoauth2Line =
    "AUTH XOAUTH2 dXNlcj1hcHA9MSx4QGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHQxAQE=";

TEST_F(OAuthSmtpTest, xoauth2_sends_the_exact_bytes) {
  FakeServer server(offering("PLAIN LOGIN XOAUTH2 OAUTHBEARER"));
  FakeEndpoint endpoint{{gives("t1")}};
  {
    MailerWithRelays mailer(with_oauth(server, endpoint));
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  }
  server.finish();
  EXPECT_THAT(auth_lines(server), ElementsAre(kXoauth2Line));
}

TEST_F(OAuthSmtpTest, oauthbearer_sends_the_exact_bytes) {
  const OAuthLogin login{"app=1,x@example.com", "mail.example.com", 587, "t1"};
  // printf 'n,a=app=3D1=2Cx@example.com,\1host=mail.example.com\1port=587\1auth=Bearer t1\1\1'
  EXPECT_EQ(oauthbearer_line(login).view(),
            "AUTH OAUTHBEARER bixhPWFwcD0zRDE9MkN4QGV4YW1wbGUuY29tLAFob3N0PW1haWwuZXhhbXBsZS5jb20B"
            "cG9ydD01ODcBYXV0aD1CZWFyZXIgdDEBAQ==\r\n");
  FakeServer server(offering("XOAUTH2 OAUTHBEARER"));
  FakeEndpoint endpoint{{gives("t1")}};
  {
    MailerWithRelays mailer(with_oauth(server, endpoint, SmtpAuth::kOauthbearer));
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  }
  server.finish();
  const auto lines = auth_lines(server);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::StartsWith("AUTH OAUTHBEARER bixhPWFwcD0z"));
}

TEST_F(OAuthSmtpTest, a_refused_token_is_renewed_once) {
  auto fake = offering("XOAUTH2");
  fake.replies["AUTH"] = {"334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0="};
  fake.replies["answer"] = {"535 5.7.3 Authentication unsuccessful"};
  FakeServer server(fake);
  FakeEndpoint endpoint{{gives("t1"), gives("t2")}};
  {
    MailerWithRelays mailer(with_oauth(server, endpoint));
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
    EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
  }
  server.finish();
  EXPECT_THAT(auth_lines(server),
              ElementsAre(kXoauth2Line, "",
                          // The same with t2.
                          "AUTH XOAUTH2 dXNlcj1hcHA9MSx4QGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHQyAQE="));
  EXPECT_EQ(endpoint.forms.size(), 2U);
}

TEST_F(OAuthSmtpTest, H5_a_login_that_stays_refused_says_why_and_holds_the_relay_back) {
  for (const auto auth : {SmtpAuth::kXoauth2, SmtpAuth::kOauthbearer}) {
    auto fake = offering("XOAUTH2 OAUTHBEARER");
    const std::string challenge = "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=";
    fake.replies["AUTH"] = {challenge, challenge};
    fake.replies["answer"] = {"535 5.7.8 no", "535 5.7.8 no"};
    FakeServer server(fake);
    FakeEndpoint endpoint{{gives("t1"), gives("t2")}};
    {
      MailerWithRelays mailer(with_oauth(server, endpoint, auth));
      const auto report = mailer.send(make_mail());
      EXPECT_TRUE(relay_failed(report, "535 5.7.8 (status 401)"));
      EXPECT_THAT(report.reason, Not(HasSubstr("t1")));
    }
    server.finish();
    const auto lines = auth_lines(server);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[1], auth == SmtpAuth::kXoauth2 ? "" : "AQ==");
    EXPECT_TRUE(server.messages().empty());
  }
}

TEST_F(OAuthSmtpTest, a_token_endpoint_that_is_away_holds_the_relay_and_kills_no_job) {
  FakeServer server(offering("XOAUTH2"));
  FakeEndpoint endpoint{{Error{"oauth_endpoint", Retry::kLater, "token endpoint: away"}}};
  {
    MailerWithRelays mailer(with_oauth(server, endpoint));
    EXPECT_TRUE(relay_failed(mailer.send(make_mail()), "token endpoint: away"));
  }
  server.finish();
  EXPECT_TRUE(auth_lines(server).empty());
}

TEST_F(OAuthSmtpTest, a_server_without_the_mechanism_gets_no_token) {
  FakeServer server(offering("PLAIN LOGIN"));
  FakeEndpoint endpoint{{gives("t1")}};
  {
    MailerWithRelays mailer(with_oauth(server, endpoint));
    EXPECT_TRUE(
        relay_failed(mailer.send(make_mail()), "neither AUTH XOAUTH2 nor AUTH OAUTHBEARER"));
  }
  server.finish();
  EXPECT_TRUE(auth_lines(server).empty());
  EXPECT_TRUE(endpoint.forms.empty());
}

TEST_F(OAuthSmtpTest, X2_an_endpoint_with_an_unknown_certificate_gets_no_secret) {
  auto fake = script();
  fake.implicit_tls = true;
  FakeServer server(fake);
  const auto url = "https://localhost:" + std::to_string(server.port()) + "/token";
  const auto answer = https_post()(url, Secret(std::string("client_secret=s3cret")));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().cause, HasSubstr("certificate"));
  server.finish();
  EXPECT_TRUE(server.seen().empty());
}

TEST(OAuthMessages, an_error_detail_that_cannot_be_read_is_left_out) {
  const Secret token(std::string("t0ken"));
  // {"status":"invalid_token","scope":"a"}
  EXPECT_EQ(oauth_error_detail("eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJhIn0=", token),
            "status invalid_token, scope a");
  // {"status":"t0ken"}
  EXPECT_EQ(oauth_error_detail("eyJzdGF0dXMiOiJ0MGtlbiJ9", token), "");
  for (const char* text : {"", "!", "AAAA", "bm90IGpzb24=", "W10="}) {
    EXPECT_EQ(oauth_error_detail(text, token), "") << text;
  }
}

}  // namespace
}  // namespace postern
