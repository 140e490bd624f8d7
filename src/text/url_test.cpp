#include "text/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"

namespace postern {
namespace {

TEST(ParseBaseUrl, H7_one_absolute_web_url_without_its_last_slash) {
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& c : {
           Case{"http://localhost:5001", "http://localhost:5001"},
           Case{"http://localhost:5001/", "http://localhost:5001"},
           Case{"https://example.com", "https://example.com"},
           Case{"https://example.com/accounts/", "https://example.com/accounts"},
           Case{"https://example.com/a/b", "https://example.com/a/b"},
           Case{"HTTPS://Example.COM/Path", "https://example.com/Path"},
           Case{"https://example.com:443/", "https://example.com"},
           Case{"http://example.com:80", "http://example.com"},
           Case{"http://example.com:443", "http://example.com:443"},
           Case{"http://127.0.0.1:5001", "http://127.0.0.1:5001"},
           Case{"http://[::1]:5001/", "http://[::1]:5001"},
           Case{"http://postern_app:5001", "http://postern_app:5001"},
           Case{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
       }) {
    const Result<std::string> result = parse_base_url(c.text);
    ASSERT_TRUE(result) << c.text;
    EXPECT_EQ(*result, c.expected);
  }
}

const char* const kNoBaseUrls[] = {"",
                                   "/",
                                   "example.com",
                                   "//example.com",
                                   "localhost:5001",
                                   "http:",
                                   "http://",
                                   "http:///a",
                                   "http:/example.com",
                                   "http:example.com",
                                   "ftp://example.com",
                                   "javascript://example.com/a",
                                   "https://user@example.com",
                                   "https://user:secret@example.com",
                                   "https://@example.com",
                                   "https://example.com?",
                                   "https://example.com/?a=b",
                                   "https://example.com#",
                                   "https://example.com/#a",
                                   "https://example.com:",
                                   "https://example.com:0",
                                   "https://example.com:065",
                                   "https://example.com:65536",
                                   "https://example.com:x",
                                   "https://example.com:-1",
                                   "https://exam ple.com",
                                   " https://example.com",
                                   "https://example.com ",
                                   "https://example.com\n",
                                   "https://exa\tmple.com",
                                   "https://example.com\\",
                                   "https://example..com",
                                   "https://.example.com",
                                   "https://example.com.",
                                   "https://ex%61mple.com",
                                   "https://b\u00FCcher.example",
                                   "https://[::1",
                                   "https://::1",
                                   "https://[v1.x]",
                                   "https://[fe80::1%25eth0]",
                                   "https://example.com//",
                                   "https://example.com/a//b",
                                   "https://example.com/../a",
                                   "https://example.com/a/..",
                                   "https://example.com/%2e%2e/a",
                                   "https://example.com/a%2Fb",
                                   "https://example.com/a%0Db",
                                   "https://example.com/%",
                                   "https://example.com/<>"};

TEST(ParseBaseUrl, H7_anything_else_is_refused) {
  for (const char* text : kNoBaseUrls) {
    const Result<std::string> result = parse_base_url(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_url");
    EXPECT_EQ(result.error().retry, Retry::kNever);
  }
  const std::string prefix = "https://example.com/";
  EXPECT_TRUE(parse_base_url(prefix + std::string(limits::kUrlBytes - prefix.size(), 'a')));
  EXPECT_FALSE(parse_base_url(prefix + std::string(limits::kUrlBytes - prefix.size() + 1, 'a')));
}

const std::vector<std::string> kAllowed = {"https://app.example/",
                                           "https://one.example",
                                           "https://two.example/done",
                                           "https://three.example/app/",
                                           "http://localhost:3000/",
                                           "https://port.example:8443/in/",
                                           "https://user@bad.example/",
                                           "https://query.example/?a=b",
                                           "not a url",
                                           "",
                                           "javascript://script.example/"};

TEST(IsAllowedReturnUrl, H6_what_the_list_holds_is_allowed) {
  for (const char* text : {"https://app.example/",
                           "https://app.example",
                           "https://app.example/welcome",
                           "https://app.example/a/b?next=https%3A%2F%2Fapp.example%2F&x=1#top",
                           "https://app.example/?next=//path/../x",
                           "HTTPS://APP.example/",
                           "https://app.example:443/a",
                           "https://app.example/caf%C3%A9",
                           "https://app.example/a@b",
                           "https://app.example/a:b",
                           "https://app.example/.well-known/x",
                           "https://app.example/a..b",
                           "https://app.example?x=1",
                           "https://one.example",
                           "https://one.example/",
                           "https://one.example/?x",
                           "https://two.example/done",
                           "https://two.example/done?x=1",
                           "https://two.example/done#x",
                           "https://three.example/app/",
                           "https://three.example/app/x",
                           "http://localhost:3000/x",
                           "https://port.example:8443/in/x"}) {
    EXPECT_TRUE(is_allowed_return_url(text, kAllowed)) << text;
  }
}

const char* const kNoReturnUrls[] = {  // Relative forms, and what a browser takes for absolute
                                       // ones.
    "", "/", "/welcome", "welcome", "//app.example/", "///app.example/", "//evil.example",
    "\\evil.example", "\\\\evil.example", "/\\evil.example", "/\\/evil.example",
    "https:app.example", "https:/app.example/", "https:///app.example/", "https:\\\\app.example/",
    "https://",
    // Another origin.
    "http://app.example/", "https://evil.example/", "https://app.example.evil.example/",
    "https://evil-app.example/", "https://evilapp.example/", "https://x.app.example/",
    "https://app.example:8443/", "https://app.example:80/", "https://port.example/in/x",
    "https://port.example:443/in/x", "http://localhost/x", "http://localhost:3001/",
    "https://app.example./", "https://app.example:/", "https://app.example:0443/",
    "https://app.example:65979/", "https://\u0430pp.example/", "https://app\u3002example/",
    "https://app%2Eexample/", "https://[::1]/",
    // Other schemes.
    "javascript:alert(1)", "javascript://app.example/%0aalert(1)", "javascript://script.example/",
    "data:text/html,x", "ftp://app.example/", "ws://app.example/", "httpss://app.example/",
    // User info.
    "https://app.example@evil.example/", "https://user@app.example/", "https://u:p@app.example/",
    "https://@app.example/", "https://:@app.example/", "https://evil.example/@app.example/",
    "https://app.example%40evil.example/", "https://app.example\\@evil.example/",
    "https://evil.example#@app.example/", "https://evil.example?@app.example/",
    "https://evil.example\\.app.example/", "https://app.example\\evil",
    // White space, controls, CRLF.
    " https://app.example/", "https://app.example/ ", "\thttps://app.example/",
    "https://app.example/\n", "https://app.example/a b", "https://app.example/\r\nSet-Cookie: a=b",
    "ht\ntps://app.example/", "https://app.exa\tmple/", "https://app.example/%0d%0aSet-Cookie:a=b",
    "https://app.example/?a=%0D%0A", "https://app.example/#%0a", "https://app.example/%00",
    "https://app.example/%7F", "https://app.example/\x7f",
    // Paths that mean something else to another reader.
    "https://app.example//", "https://app.example//evil.example", "https://app.example/a//b",
    "https://app.example/.", "https://app.example/..", "https://app.example/a/../b",
    "https://app.example/a/./b", "https://app.example/%2e%2e/b", "https://app.example/.%2E/b",
    "https://app.example/a%2fb", "https://app.example/a%2Fb", "https://app.example/%5cevil",
    "https://app.example/%252e%252e/", "https://app.example/%zz", "https://app.example/%",
    "https://app.example/\\evil", "https://app.example/\u0444", "https://app.example/<script>",
    "https://app.example/\"", "https://app.example/?\"", "https://app.example/^",
    // Outside an entry's path.
    "https://one.example/x", "https://two.example/", "https://two.example/done/",
    "https://two.example/done/x", "https://two.example/donee", "https://two.example/Done",
    "https://two.example/don%65", "https://three.example/", "https://three.example/app",
    "https://three.example/application", "https://three.example/app/../x",
    "https://port.example:8443/",
    // Entries that are no good themselves.
    "https://bad.example/", "https://user@bad.example/", "https://query.example/",
    "https://query.example/?a=b", "not a url"};

TEST(IsAllowedReturnUrl, H6_anything_else_is_refused) {
  for (const char* text : kNoReturnUrls) {
    EXPECT_FALSE(is_allowed_return_url(text, kAllowed)) << text;
  }
  using namespace std::string_literals;
  EXPECT_FALSE(is_allowed_return_url("https://app.example/\0"s, kAllowed));
  EXPECT_FALSE(is_allowed_return_url("https://app.example\0.evil.example/"s, kAllowed));
  EXPECT_FALSE(is_allowed_return_url("https://app.example/" + std::string(limits::kUrlBytes, 'a'),
                                     kAllowed));
}

TEST(IsAllowedReturnUrl, H6_an_empty_list_allows_nothing) {
  EXPECT_FALSE(is_allowed_return_url("https://app.example/", {}));
  EXPECT_FALSE(is_allowed_return_url("", {}));
}

TEST(IsOrigin, C2_what_a_browser_may_send) {
  for (const char* origin :
       {"https://app.example.com", "http://localhost:3000", "http://[::1]:3000",
        "capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://.",
        "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
        "moz-extension://4b8d0c4e-7a3c-4c3b-9a53-6a1f3f6a7d11"}) {
    EXPECT_TRUE(is_origin(origin)) << origin;
  }
  for (const char* other :
       {"", "null", "*", "https://*", "app.example.com", "https://", "capacitor://", "://localhost",
        "https://app.example.com/", "https://app.example.com:443", "https://APP.example.com",
        "capacitor://localhost/", "Capacitor://localhost", "capacitor://Localhost",
        "capacitor://user@localhost", "capacitor://local host", "capacitor:localhost", "1a://x"}) {
    EXPECT_FALSE(is_origin(other)) << other;
  }
}

}  // namespace
}  // namespace postern
