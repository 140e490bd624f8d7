#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "web/api_reference.hpp"
#include "web/embedded_docs.hpp"
#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

class DocsRoutes : public WebTest {
 protected:
  boost::json::object document() const {
    return boost::json::parse(get("/openapi.json").body).as_object();
  }
};

std::string upper(std::string_view method) {
  std::string text(method);
  for (char& mail : text) {
    if (mail >= 'a' && mail <= 'z') mail = static_cast<char>(mail - 'a' + 'A');
  }
  return text;
}

/// Files that pages load are no part of the API.
bool is_page_asset(std::string_view path) {
  return path.starts_with("/assets/") || path == "/favicon.svg" || path == "/apple-touch-icon.png";
}

TEST_F(DocsRoutes, the_description_has_every_route_and_no_other) {
  std::set<std::string> served;
  router_.each_route([&](std::string_view method, std::string_view path) {
    // Whether a page of another origin may ask is no operation of its own.
    if (!is_page_asset(path) && method != "OPTIONS")
      served.insert(std::string(method).append(" ").append(path));
  });
  std::set<std::string> described;
  const auto paths = document().at("paths");
  for (const auto& [path, methods] : paths.as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      described.insert(upper(method).append(" ").append(path));
    }
  }
  EXPECT_EQ(described, served);
}

TEST_F(DocsRoutes, H7_the_server_is_base_url_alone) {
  const auto response = get("/openapi.json", {}, {{"Host", "evil.example"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  const boost::json::array servers{{{"url", kBaseUrl}}};
  EXPECT_EQ(document().at("servers"), boost::json::value(servers));
  EXPECT_THAT(response.body, Not(HasSubstr("localhost:5001")));
}

TEST_F(DocsRoutes, H1_H3_the_page_loads_our_own_files_and_runs_nothing_inline) {
  const auto page = get("/docs");
  EXPECT_EQ(page.status, 200);
  const auto policy = header_of(page, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  for (const std::string_view outside : {"src=\"http", "src=\"//", "href=\"http", "href=\"//"})
    EXPECT_THAT(page.body, Not(HasSubstr(outside)));
  for (const std::string_view in_line : {"<script>", "<style", " style=", " onclick="})
    EXPECT_THAT(page.body, Not(HasSubstr(in_line)));
  EXPECT_THAT(page.body, HasSubstr("/openapi.json"));
}

TEST_F(DocsRoutes, the_reference_is_the_page_without_swagger_ui_or_without_javascript) {
  const auto page = get("/docs").body;
  const auto reference = page.find(render_api_reference(boost::json::parse(
      std::ranges::find(embedded_docs(), "openapi.json", &EmbeddedFile::name)->content)));
  ASSERT_NE(reference, std::string::npos);
  const bool in_noscript = page.rfind("<noscript>", reference) > page.find("<body>") &&
                           page.rfind("<noscript>", reference) != std::string::npos;
  EXPECT_EQ(in_noscript, !embedded_swagger_ui().empty());
}

TEST_F(DocsRoutes, what_may_be_kept_names_its_version) {
  for (const auto& file : embedded_swagger_ui()) {
    EXPECT_THAT(std::string(file.name), testing::MatchesRegex("swagger-ui-[0-9.]+/.+"));
    const auto response = get("/assets/" + std::string(file.name));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header_of(response, "Content-Encoding"), "gzip");
    EXPECT_THAT(header_of(response, "Cache-Control"), HasSubstr("immutable"));
    EXPECT_TRUE(response.body.starts_with("\x1f\x8b"));
    const bool is_loaded = file.name.ends_with(".css") || file.name.ends_with(".js");
    EXPECT_EQ(get("/docs").body.find(file.name) != std::string::npos, is_loaded) << file.name;
  }
  EXPECT_EQ(header_of(get("/docs"), "Cache-Control"), "") << "the server's own: no-store";
}

}  // namespace
}  // namespace postern
