#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

class MailboxRoutes : public WebTest {
 protected:
  MailboxRoutes() {
    captured_.add({"id-1", "confirm", "ada@example.com", "en", "First", "plain 1",
                   "<html><head><style>p{}</style></head><p>one</p></html>", clock_.now()});
    captured_.add({"id-2", "recover", "bob@example.com", "en", "Second <&>", "plain 2",
                   "<html><head></head><p>two</p></html>", clock_.now()});
  }

  /// As a client on this machine asks, where the test does not say otherwise.
  HttpResponse ask(const std::string& path, const std::string& query = {},
                   std::vector<HttpHeader> headers = {}) const {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    request.client_address = "127.0.0.1";
    request.headers = std::move(headers);
    request.headers.emplace_back("Host", "localhost:5001");
    return call(request);
  }
  HttpResponse page(const std::string& query = {}) const {
    return ask("/dev/mailbox", query, {{"Accept", kBrowserAccept}});
  }
};

TEST_F(MailboxRoutes, lists_emails_as_json_newest_first) {
  for (const std::string accept : {"application/json", "*/*"}) {
    const auto response = ask("/dev/mailbox", "", {{"Accept", accept}});
    EXPECT_EQ(response.content_type, "application/json");
    const auto list = boost::json::parse(response.body).as_array();
    ASSERT_EQ(list.size(), 2u);
    const auto& mail = list[0].as_object();
    EXPECT_EQ(mail.at("id"), "id-2");
    EXPECT_EQ(mail.at("kind"), "recover");
    EXPECT_EQ(mail.at("to"), "bob@example.com");
    EXPECT_EQ(mail.at("subject"), "Second <&>");
    EXPECT_EQ(mail.at("text"), "plain 2");
    EXPECT_THAT(std::string(mail.at("html").as_string()), HasSubstr("<p>two</p>"));
    EXPECT_EQ(std::string_view(mail.at("sent_at").as_string()), to_rfc3339(clock_.now()));
  }
  EXPECT_EQ(boost::json::parse(ask("/dev/mailbox", "limit=1").body).as_array().size(), 1u);
  EXPECT_EQ(code_of(ask("/dev/mailbox", "limit=many")), "invalid_field");
}

TEST_F(MailboxRoutes, shows_the_chosen_email_in_a_frame_without_an_origin) {
  EXPECT_THAT(page().body, HasSubstr("src=\"/dev/mailbox/message?id=id-2\""));
  const auto body = page("id=id-1").body;
  EXPECT_THAT(body, HasSubstr("src=\"/dev/mailbox/message?id=id-1\""));
  EXPECT_THAT(body, HasSubstr("sandbox=\"allow-popups "));
  EXPECT_THAT(body, Not(HasSubstr("allow-same-origin")));
  EXPECT_THAT(body, Not(HasSubstr("allow-scripts")));
  EXPECT_THAT(body, HasSubstr("Second &lt;&amp;&gt;"));
  EXPECT_THAT(body, Not(HasSubstr("<p>one</p>")));
}

TEST_F(MailboxRoutes, H1_an_email_is_a_document_that_can_do_nothing) {
  const auto mail = ask("/dev/mailbox/message", "id=id-1");
  EXPECT_EQ(mail.status, 200);
  EXPECT_THAT(mail.body, HasSubstr("<base target=\"_top\">"));
  EXPECT_THAT(mail.body, HasSubstr("<p>one</p>"));
  const auto policy = header_of(mail, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'self'"));
  EXPECT_THAT(policy, HasSubstr("sandbox "));
  EXPECT_THAT(policy, Not(HasSubstr("script")));
  EXPECT_EQ(ask("/dev/mailbox/message", "id=none").status, 404);
}

TEST_F(MailboxRoutes, notes_emails_that_a_limit_held_back) {
  EXPECT_THAT(page().body, Not(HasSubstr("eve@example.com")));
  captured_.note_held({"eve@example.com", "recover", clock_.now()});
  EXPECT_THAT(page().body, HasSubstr("eve@example.com"));
}

TEST_F(MailboxRoutes, X3_captured_mail_is_for_clients_on_this_machine) {
  struct Asker {
    std::string address = "127.0.0.1";
    std::string host = "localhost:5001";
    std::string header = {};
    std::string value = "x";
    bool is_http10 = false;
  };
  const auto status_for = [&](const Asker& asker, const std::string& path) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = "id=id-1";
    request.client_address = asker.address;
    request.is_http10 = asker.is_http10;
    if (!asker.host.empty()) request.headers.emplace_back("hOST", asker.host);
    if (!asker.header.empty()) request.headers.emplace_back(asker.header, asker.value);
    return call(request).status;
  };
  const std::vector<Asker> refused{
      {.address = "192.0.2.1"},
      {.address = "10.0.0.1"},
      {.address = "2001:db8::1"},
      {.host = "accounts.example.com"},
      {.host = "localhost.example.com:5001"},
      {.host = "127.0.0.1.example.com"},
      {.host = "192.0.2.1:5001"},
      {.host = "0.0.0.0:5001"},
      {.host = ""},
      {.header = "X-Forwarded-For", .value = "127.0.0.1"},
      {.header = "x-forwarded-host"},
      {.header = "X-Forwarded-Proto"},
      {.header = "X-Forwarded-Server"},
      {.header = "X-Forwarded"},
      {.header = "Forwarded", .value = "for=127.0.0.1"},
      {.header = "X-Real-IP"},
      {.header = "Via"},
      {.header = "True-Client-IP"},
      {.header = "CF-Connecting-IP"},
      {.header = "Origin", .value = "https://evil.example"},
      {.is_http10 = true},
  };
  for (const std::string path : {"/dev/mailbox", "/dev/mailbox/message"}) {
    for (const auto& asker : refused) {
      EXPECT_EQ(status_for(asker, path), 404)
          << path << ' ' << asker.address << ' ' << asker.host << ' ' << asker.header;
    }
    for (const auto& asker :
         std::vector<Asker>{{},
                            {.address = "::1", .host = "[::1]:5001"},
                            {.address = "127.0.0.9", .host = "127.0.0.1"},
                            {.host = "LocalHost"},
                            {.host = "accounts.localhost:5001"},
                            {.header = "Origin", .value = "http://localhost:3000"}}) {
      EXPECT_EQ(status_for(asker, path), 200) << path << ' ' << asker.host;
    }
  }
}

TEST_F(MailboxRoutes, there_is_no_mailbox_where_emails_are_sent) {
  Router router;
  WebSettings settings;
  settings.secret_key = Secret(std::string(32, 'k'));
  add_routes(router, {accounts_, requests_, oidc_, settings, nullptr});
  for (const std::string path : {"/dev/mailbox", "/dev/mailbox/message"}) {
    router.find("GET", path)({}, [](HttpResponse response) { EXPECT_EQ(response.status, 404); });
  }
  router.find("GET", "/")({}, [](HttpResponse response) {
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, Not(HasSubstr("/dev/mailbox")));
  });
}

}  // namespace
}  // namespace postern
