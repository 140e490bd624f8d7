#include "http/target.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(ParseTarget, L5_one_canonical_path) {
  struct Case {
    const char* target;
    const char* path;
    const char* query;
  };
  for (const Case& c :
       {Case{"/", "/", ""}, Case{"/login", "/login", ""}, Case{"/%6cogin", "/login", ""},
        Case{"/l%6Fgin?a=%2F&b", "/login", "a=%2F&b"}, Case{"/a/b?x?y", "/a/b", "x?y"},
        Case{"/login?", "/login", ""}, Case{"/%C3%A9", "/é", ""}, Case{"/a%20b", "/a b", ""},
        Case{"http://evil.example/login?q", "/login", "q"}, Case{"HTTPS://h:1", "/", ""},
        Case{"http://h?q=1", "/", "q=1"}, Case{"/%252e", "/%2e", ""}, Case{"/...", "/...", ""}}) {
    std::string path;
    std::string query;
    EXPECT_FALSE(parse_target(c.target, path, query)) << c.target;
    EXPECT_EQ(path, c.path) << c.target;
    EXPECT_EQ(query, c.query) << c.target;
  }
}

TEST(ParseTarget, L5_what_could_be_read_in_two_ways_is_refused) {
  struct Case {
    const char* target;
    int status;
  };
  for (const Case& c : {Case{"//login", 404},
                        Case{"/login/", 404},
                        Case{"/a//b", 404},
                        Case{"//", 404},
                        Case{"http://h//a", 404},
                        Case{"/a/../login", 400},
                        Case{"/.", 400},
                        Case{"/%2e%2e/x", 400},
                        Case{"/a/.%2E", 400},
                        Case{"/a%2Fb", 400},
                        Case{"/a%5cb", 400},
                        Case{"/a\\b", 400},
                        Case{"/a%00", 400},
                        Case{"/a%0a", 400},
                        Case{"/a%7f", 400},
                        Case{"/%", 400},
                        Case{"/%4", 400},
                        Case{"/%zz", 400},
                        Case{"/%ff", 400},
                        Case{"/%c0%af", 400},
                        Case{"/\xc3\xa9", 400},
                        Case{"/a#b", 400},
                        Case{"/a b", 400},
                        Case{"*", 400},
                        Case{"", 400},
                        Case{"login", 400},
                        Case{"host:443", 400},
                        Case{"ftp://h/login", 400},
                        Case{"http:///login", 400},
                        Case{"http://a@h/login", 400},
                        Case{"http:/login", 400}}) {
    std::string path;
    std::string query;
    const auto refusal = parse_target(c.target, path, query);
    ASSERT_TRUE(refusal) << c.target;
    EXPECT_EQ(refusal->status, c.status) << c.target;
  }
}

}  // namespace
}  // namespace postern
