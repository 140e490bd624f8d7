#include "oidc/redirect_uri.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace postern {
namespace {

const std::vector<std::string> kRegistered{
    "https://notes.example/callback",     "https://notes.example/with?query=1",
    "http://127.0.0.1/callback",          "http://[::1]:8000/callback",
    "http://localhost:3000/callback",     "com.example.notes:/callback",
    "https://notes.example:8443/callback"};

TEST(RedirectUri, I3_a_redirect_uri_matches_byte_for_byte) {
  for (const auto& uri : kRegistered) {
    EXPECT_TRUE(check_redirect_uri(uri)) << uri;
    EXPECT_TRUE(matches_redirect_uri(uri, kRegistered)) << uri;
  }
  for (const char* uri : {"http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback",
                          "http://[::1]/callback"}) {
    EXPECT_TRUE(matches_redirect_uri(uri, kRegistered)) << uri;
  }
  for (const char* uri : {"",
                          "https://notes.example/callback/",
                          "https://notes.example/callback?x=1",
                          "https://notes.example/callback#x",
                          "https://notes.example/Callback",
                          "https://NOTES.example/callback",
                          "HTTPS://notes.example/callback",
                          "http://notes.example/callback",
                          "https://notes.example:443/callback",
                          "https://notes.example./callback",
                          "https://notes.example/callback%2f",
                          "https://notes.example/x/../callback",
                          "https://notes.example//callback",
                          "https://user@notes.example/callback",
                          "https://notes.example@evil.example/callback",
                          "https://evil.example/https://notes.example/callback",
                          "https://notes.example/callbac",
                          "https://notes.example/with?query=1&query=2",
                          "https://notes.example\\callback",
                          "http://127.0.0.1:8000/other",
                          "http://127.0.0.1:/callback",
                          "http://127.0.0.1:123456/callback",
                          "http://127.0.0.1:8000@evil.example/callback",
                          "http://127.0.0.1.evil.example/callback",
                          "http://127.0.0.2/callback",
                          "http://localhost:3001/callback",
                          "http://localhost/callback",
                          "com.example.notes:/other",
                          "com.example.notes://callback"}) {
    EXPECT_FALSE(matches_redirect_uri(uri, kRegistered)) << uri;
  }
}

TEST(RedirectUri, I3_what_could_be_read_in_two_ways_is_not_registered) {
  for (const std::string& uri : {std::string(),
                                 std::string("callback"),
                                 std::string("/callback"),
                                 std::string("//notes.example/"),
                                 std::string("https:///callback"),
                                 std::string("http://notes.example/"),
                                 std::string("https://notes.example/#"),
                                 std::string("https://*.notes.example/"),
                                 std::string("https://notes.example/*"),
                                 std::string("https://user@notes.example/"),
                                 std::string("https://notes.example\\x"),
                                 std::string("https://notes.example/ x"),
                                 std::string("https://notes.example/\n"),
                                 std::string("https://ключ.example/"),
                                 std::string("javascript:alert(1)"),
                                 std::string("data:text/html,x"),
                                 std::string("notes:/callback"),
                                 std::string("a/b.c:/callback"),
                                 std::string("a'b.c:/callback"),
                                 std::string("1a.b:/callback"),
                                 std::string("https://notes.example;sandbox/"),
                                 std::string("https://notes.example,x/"),
                                 std::string("https://notes.example:80x/"),
                                 std::string("com.example.notes://a;sandbox/"),
                                 std::string("https:/a://notes.example/"),
                                 "https://notes.example/" + std::string(600, 'x')}) {
    const auto checked = check_redirect_uri(uri);
    ASSERT_FALSE(checked) << uri;
    EXPECT_EQ(checked.error().code, "invalid_redirect_uri");
    EXPECT_FALSE(checked.error().text.empty());
  }
}

TEST(RedirectUri, an_origin_is_scheme_host_and_port) {
  EXPECT_EQ(origin_of("https://notes.example:8443/callback?x"), "https://notes.example:8443");
  EXPECT_EQ(origin_of("https://notes.example"), "https://notes.example");
  EXPECT_EQ(origin_of("com.example.notes:/callback"), "");
}

TEST(RedirectUri, a_form_may_be_redirected_to_an_origin_or_a_scheme) {
  EXPECT_EQ(form_source("https://notes.example/callback"), "https://notes.example");
  EXPECT_EQ(form_source("com.example.notes:/callback"), "com.example.notes:");
  EXPECT_EQ(form_source("com.example.notes:/a;b?c=://d"), "com.example.notes:");
  EXPECT_EQ(form_source(""), "");
}

TEST(RedirectUri, parameters_follow_those_that_are_there) {
  EXPECT_EQ(with_query("https://notes.example/a", "b=1"), "https://notes.example/a?b=1");
  EXPECT_EQ(with_query("https://notes.example/a?c", "b=1"), "https://notes.example/a?c&b=1");
}

}  // namespace
}  // namespace postern
