#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "web/web_fixture_test.hpp"

namespace postern::web {
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

  http::Response page(const std::string& query = {}) const {
    return get("/dev/mailbox", query, {{"Accept", kBrowserAccept}});
  }
};

TEST_F(MailboxRoutes, lists_letters_as_json_newest_first) {
  for (const std::string accept : {"application/json", "*/*"}) {
    const auto answer = get("/dev/mailbox", "", {{"Accept", accept}});
    EXPECT_EQ(answer.content_type, "application/json");
    const auto list = boost::json::parse(answer.body).as_array();
    ASSERT_EQ(list.size(), 2u);
    const auto& letter = list[0].as_object();
    EXPECT_EQ(letter.at("id"), "id-2");
    EXPECT_EQ(letter.at("kind"), "recover");
    EXPECT_EQ(letter.at("to"), "bob@example.com");
    EXPECT_EQ(letter.at("subject"), "Second <&>");
    EXPECT_EQ(letter.at("text"), "plain 2");
    EXPECT_THAT(std::string(letter.at("html").as_string()), HasSubstr("<p>two</p>"));
    EXPECT_EQ(std::string_view(letter.at("sent_at").as_string()), to_rfc3339(clock_.now()));
  }
  EXPECT_EQ(boost::json::parse(get("/dev/mailbox", "limit=1").body).as_array().size(), 1u);
  EXPECT_EQ(code_of(get("/dev/mailbox", "limit=many")), "invalid_field");
}

TEST_F(MailboxRoutes, shows_the_chosen_letter_in_a_frame_without_an_origin) {
  EXPECT_THAT(page().body, HasSubstr("src=\"/dev/mailbox/letter?id=id-2\""));
  const auto body = page("id=id-1").body;
  EXPECT_THAT(body, HasSubstr("src=\"/dev/mailbox/letter?id=id-1\""));
  EXPECT_THAT(body, HasSubstr("sandbox=\"allow-popups "));
  EXPECT_THAT(body, Not(HasSubstr("allow-same-origin")));
  EXPECT_THAT(body, Not(HasSubstr("allow-scripts")));
  EXPECT_THAT(body, HasSubstr("Second &lt;&amp;&gt;"));
  EXPECT_THAT(body, Not(HasSubstr("<p>one</p>")));
}

TEST_F(MailboxRoutes, H1_a_letter_is_a_document_that_can_do_nothing) {
  const auto letter = get("/dev/mailbox/letter", "id=id-1");
  EXPECT_EQ(letter.status, 200);
  EXPECT_THAT(letter.body, HasSubstr("<base target=\"_top\">"));
  EXPECT_THAT(letter.body, HasSubstr("<p>one</p>"));
  const auto policy = header_of(letter, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'self'"));
  EXPECT_THAT(policy, HasSubstr("sandbox "));
  EXPECT_THAT(policy, Not(HasSubstr("script")));
  EXPECT_EQ(get("/dev/mailbox/letter", "id=none").status, 404);
}

TEST_F(MailboxRoutes, notes_letters_that_a_limit_held_back) {
  EXPECT_THAT(page().body, Not(HasSubstr("eve@example.com")));
  captured_.note_held({"eve@example.com", "recover", clock_.now()});
  EXPECT_THAT(page().body, HasSubstr("eve@example.com"));
}

TEST_F(MailboxRoutes, there_is_no_mailbox_where_letters_are_sent) {
  http::Router router;
  add_routes(router, {accounts_, {}, nullptr});
  for (const std::string path : {"/dev/mailbox", "/dev/mailbox/letter"}) {
    router.find("GET", path)({}, [](http::Response answer) { EXPECT_EQ(answer.status, 404); });
  }
  router.find("GET", "/")({}, [](http::Response answer) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, Not(HasSubstr("/dev/mailbox")));
  });
}

}  // namespace
}  // namespace postern::web
