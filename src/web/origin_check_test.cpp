#include "web/origin_check.hpp"

#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

struct Case {
  /// Empty: the header is not there.
  std::string origin;
  std::string site;
  bool allowed;
};

const Case kCases[] = {
    {"", "", true},  // curl
    {"https://accounts.example.com", "", true},
    {"https://accounts.example.com", "same-origin", true},
    {"https://spa.example.com", "cross-site", true},
    {"https://spa.example.com", "", true},
    {"null", "same-origin", true},  // our own form, from a page that was kept
    {"", "same-origin", true},
    {"", "none", true},
    {"", "cross-site", false},
    {"", "same-site", false},
    {"", "odd", false},
    {"null", "", false},
    {"null", "cross-site", false},
    {"null", "same-site", false},
    {"https://evil.example", "", false},
    {"https://evil.example", "cross-site", false},
    {"https://accounts.example.com.evil.example", "", false},
    {"https://accounts.example.com:444", "", false},
    {"http://accounts.example.com", "", false},
    {"https://accounts.example.com/", "", false},
};

class OriginCheck : public WebTest {};

TEST_F(OriginCheck, C2_posts_from_other_sites_are_refused_on_every_route) {
  for (const std::string path :
       {"/register", "/recover-password", "/set-password", "/password-strength"}) {
    for (const std::string type : {kUrlencoded, kJson}) {
      for (const auto& row : kCases) {
        std::vector<HttpHeader> headers = {{"Content-Type", type}};
        if (!row.origin.empty()) headers.emplace_back("Origin", row.origin);
        if (!row.site.empty()) headers.emplace_back("Sec-Fetch-Site", row.site);
        const auto response = post(path, type == kJson ? "{}" : "", headers);
        EXPECT_EQ(response.status == 403, !row.allowed)
            << path << " from " << row.origin << ", " << row.site;
        if (!row.allowed) {
          EXPECT_EQ(code_of(response), "cross_site");
        }
      }
    }
  }
  EXPECT_EQ(database_.generation(), 0u);
}

TEST_F(OriginCheck, C2_a_base_url_with_a_path_still_has_one_origin) {
  WebSettings settings;
  settings.base_url = "https://example.com/accounts";
  HttpRequest request;
  request.headers = {{"Origin", "https://example.com"}};
  EXPECT_TRUE(check_origin(request, settings));
  request.headers = {{"Origin", "https://example.com/accounts"}};
  EXPECT_FALSE(check_origin(request, settings));
}

TEST_F(OriginCheck, H3_a_bare_null_origin_stays_refused) {
  for (const std::string path : {"/register", "/recover-password", "/login", "/set-password"}) {
    const auto response =
        post(path, "email=a%40example.com", {{"Content-Type", kUrlencoded}, {"Origin", "null"}});
    EXPECT_EQ(response.status, 403) << path;
    EXPECT_EQ(code_of(response), "cross_site") << path;
  }
}

TEST_F(OriginCheck, H3_pages_with_forms_let_browsers_send_their_origin) {
  const std::vector<HttpHeader> browser{{"Accept", kBrowserAccept}};
  for (const std::string path : {"/register", "/recover-password", "/login", "/account",
                                 "/set-password", "/no-such-page", "/"}) {
    const auto page = get(path, {}, browser);
    const bool has_form = page.body.find("<form") != std::string::npos;
    EXPECT_EQ(header_of(page, "Referrer-Policy"), has_form ? "same-origin" : "") << path;
  }
  EXPECT_EQ(header_of(get("/register", {}, browser), "Referrer-Policy"), "same-origin");
  EXPECT_EQ(header_of(get("/no-such-page", {}, browser), "Referrer-Policy"), "")
      << "the server's default, no-referrer";
}

}  // namespace
}  // namespace postern
