#include "text/json.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

namespace postern {
namespace {

using namespace std::string_literals;

std::string nested_objects(int depth) {
  std::string text;
  for (int i = 1; i < depth; ++i) text += R"({"a":)";
  return text + "{}" + std::string(depth - 1, '}');
}

std::string object_with_arrays(int depth) {
  return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

void expect_refused(const std::string& text) {
  const Result<boost::json::object> result = parse_json_object(text);
  ASSERT_FALSE(result) << text;
  EXPECT_EQ(result.error().code, "invalid_json") << text;
  EXPECT_EQ(result.error().retry, Retry::kNever) << text;
}

TEST(ParseJson, reads_an_object) {
  const std::string text =
      " {\"email\" : "
      "\"a@example.com\",\r\n\t\"n\":[1,-2,0.5,true,null,{}],\"o\":{\"x\":\"\\u0444\"}} ";
  const Result<boost::json::object> result = parse_json_object(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(
      boost::json::serialize(*result),
      "{\"email\":\"a@example.com\",\"n\":[1,-2,5E-1,true,null,{}],\"o\":{\"x\":\"\u0444\"}}");
}

TEST(ParseJson, reads_strings_longer_than_any_buffer_of_the_parser) {
  const std::string value = std::string(10'000, 'x') + "\\n" + std::string(10'000, 'y');
  const Result<boost::json::object> result = parse_json_object(R"({"a":")" + value + R"("})");
  ASSERT_TRUE(result);
  EXPECT_EQ(string_at(*result, "a")->size(), 20'001U);
}

TEST(ParseJson, W4_anything_but_one_object_is_refused) {
  for (const char* text : {"",
                           " ",
                           "null",
                           "true",
                           "1",
                           "\"a\"",
                           "[]",
                           "[{}]",
                           "{",
                           "}",
                           "{}{}",
                           "{} x",
                           "{},",
                           "{}\v",
                           "{'a':1}",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":[1,]}",
                           "{\"a\":1 \"b\":2}",
                           "{/* */}",
                           "// x\n{}",
                           "{\"a\":NaN}",
                           "{\"a\":Infinity}",
                           "{\"a\":tru}",
                           "{\"a\":\"x",
                           "{\"a\":\"\t\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12\"}",
                           "\xEF\xBB\xBF{}",
                           "{}\xEF\xBB\xBF"}) {
    expect_refused(text);
  }
  expect_refused("{}\0"s);
  expect_refused("\0{}"s);
}

TEST(ParseJson, W4_depth_is_at_most_8) {
  EXPECT_TRUE(parse_json_object(nested_objects(8)));
  EXPECT_TRUE(parse_json_object(object_with_arrays(8)));
  expect_refused(nested_objects(9));
  expect_refused(object_with_arrays(9));
  expect_refused(nested_objects(100'000));
  expect_refused(std::string(1'000'000, '['));
}

TEST(ParseJson, W4_repeated_keys_are_refused_at_every_level) {
  for (const char* text : {
           R"({"a":1,"a":1})",
           R"({"a":1,"b":2,"a":{"c":1,"d":2}})",
           R"({"a":{"c":1,"d":2,"e":3},"a":1})",
           R"({"email":"a@example.com","email":"b@example.com"})",
           R"({"a":1,"\u0061":2})",
           R"({"x":{"a":1,"a":2}})",
           R"({"x":[{"a":1},{"a":1,"a":1}]})",
           R"({"x":{"y":{"z":[[{"a":1,"b":1,"a":1}]]}}})",
           R"({"":1,"":2})",
           // Over the size from which Boost.JSON keeps a hash table.
           R"({"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"12":0,"13":0,
               "14":0,"15":0,"16":0,"17":0,"18":0,"19":0,"20":0,"21":0,"22":0,"23":0,"7":0})",
       }) {
    expect_refused(text);
  }
  EXPECT_TRUE(parse_json_object(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"A":1})"));
}

TEST(ParseJson, W4_text_is_valid_utf8_without_nul) {
  for (const char* bytes : {"\xFF", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                            "\xED\xB0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80"}) {
    expect_refused(R"({"a":")"s + bytes + R"("})");
    expect_refused(R"({")"s + bytes + R"(":1})");
  }
  for (const char* escape : {R"(\u0000)", R"(x\u0000y)", R"(\ud800)", R"(\udc00)", R"(\ud800x)",
                             R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00\ud800)"}) {
    expect_refused(R"({"a":")"s + escape + R"("})");
    expect_refused(R"({")"s + escape + R"(":1})");
    expect_refused(R"({"a":[{"b":")"s + escape + R"("}]})");
  }
  expect_refused("{\"a\":\"\0\"}"s);
  const auto pair = parse_json_object(R"({"a":"\ud83d\ude00"})");
  ASSERT_TRUE(pair);
  EXPECT_EQ(string_at(*pair, "a"), "\U0001F600");
}

TEST(ParseJson, T3_numbers_that_are_not_finite_are_refused) {
  for (const char* number : {"1e400", "-1e400", "1e309", "1e2147483647", "1e2147483648",
                             "1e99999999999999999999", "0e400", "123456789e400"}) {
    expect_refused(R"({"exp":)"s + number + "}");
  }
  for (const char* number : {"01", "+1", ".5", "1.", "1e", "0x10", "--1", "1_000", "\"1"}) {
    expect_refused(R"({"exp":)"s + number + "}");
  }
}

TEST(JsonIntegerAt, T3_only_integers_of_64_bits) {
  struct Case {
    const char* json;
    std::optional<std::int64_t> expected;
  };
  for (const Case& c : {
           Case{"0", 0},
           Case{"-1", -1},
           Case{"1763823845", 1763823845},
           Case{"9223372036854775807", INT64_MAX},
           Case{"-9223372036854775808", INT64_MIN},
           Case{"9223372036854775808", std::nullopt},
           Case{"-9223372036854775809", std::nullopt},
           Case{"1.0", std::nullopt},
           Case{"1e3", std::nullopt},
           Case{"1E0", std::nullopt},
           Case{"\"1\"", std::nullopt},
           Case{"true", std::nullopt},
           Case{"null", std::nullopt},
           Case{"[1]", std::nullopt},
           Case{"{\"exp\":1}", std::nullopt},
       }) {
    const auto object = parse_json_object(R"({"exp":)"s + c.json + "}");
    ASSERT_TRUE(object) << c.json;
    EXPECT_EQ(integer_at(*object, "exp"), c.expected) << c.json;
    EXPECT_EQ(integer_at(*object, "iat"), std::nullopt);
  }
}

TEST(JsonStringAt, M2_only_one_string) {
  const auto object = parse_json_object(
      R"({"email":"a@example.com","list":["a@example.com"],"n":1,"none":null,"empty":""})");
  ASSERT_TRUE(object);
  EXPECT_EQ(string_at(*object, "email"), "a@example.com");
  EXPECT_EQ(string_at(*object, "empty"), "");
  for (const char* key : {"list", "n", "none", "absent", "EMAIL", ""}) {
    EXPECT_EQ(string_at(*object, key), std::nullopt) << key;
  }
}

}  // namespace
}  // namespace postern
