#include "text/header_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace postern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseHeaderValue, reads_value_and_parameters) {
  const auto json = parse_header_value(" Application/JSON\t");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->value, "application/json");
  EXPECT_THAT(json->parameters, IsEmpty());

  const auto quoted =
      parse_header_value("text/html; charset=UTF-8;;a=\"x\\\"y\\\\z; \u0444\"; b=\"\";");
  ASSERT_TRUE(quoted);
  EXPECT_THAT(quoted->parameters,
              ElementsAre(Pair("a", "x\"y\\z; \u0444"), Pair("b", ""), Pair("charset", "UTF-8")));
}

TEST(ParseHeaderValue, W5_anything_else_is_refused) {
  for (const char* text : {"",
                           " ",
                           ";",
                           "/",
                           "a/",
                           "/a",
                           "a/b/c",
                           "a b",
                           "a/b c",
                           "a, b",
                           "a; b",
                           "a; b=",
                           "a; =c",
                           "a; b =c",
                           "a; b= c",
                           "a; b=\"",
                           "a; b=\"c",
                           "a; b=\"c\\",
                           "a; b=\"c\"d",
                           "a; b=c d",
                           "a; b=\"\n\"",
                           "a; b=\"\\\r\"",
                           "a; b=c; b=c",
                           "a; b=c; B=d",
                           "a\r\n",
                           "a; b=(c)",
                           "\"a\""}) {
    const auto result = parse_header_value(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_header");
  }
  std::string many = "a";
  for (std::size_t i = 0; i < limits::kHeaderParameters; ++i)
    many += ";p" + std::to_string(i) + "=1";
  EXPECT_TRUE(parse_header_value(many));
  EXPECT_FALSE(parse_header_value(many + ";more=1"));
}

}  // namespace
}  // namespace postern
