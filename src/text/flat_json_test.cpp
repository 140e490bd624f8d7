#include "text/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace postern {
namespace {

TEST(ParseFlatJson, reads_strings_and_integers) {
  const auto json = parse_flat_json(
      " {\"a\" : \"x\\u00e9\\\"\\/\", \"n\":-12,\"max\":9223372036854775807,\"e\":\"\"} \n");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->size(), 4U);
  EXPECT_EQ(string_at(*json, "a"), "x\xc3\xa9\"/");
  EXPECT_EQ(integer_at(*json, "n"), -12);
  EXPECT_EQ(integer_at(*json, "max"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(string_at(*json, "e"), "");
  EXPECT_EQ(string_at(*json, "n"), std::nullopt);
  EXPECT_EQ(integer_at(*json, "a"), std::nullopt);
  EXPECT_EQ(string_at(*json, "none"), std::nullopt);
  EXPECT_TRUE(json->contains("e"));
  EXPECT_FALSE(json->contains("none"));
  EXPECT_TRUE(parse_flat_json("{}"));
}

TEST(ParseFlatJson, T3_T11_everything_ambiguous_is_refused) {
  const std::string refused[] = {"",
                                 " ",
                                 "null",
                                 "1",
                                 "\"a\"",
                                 "[]",
                                 "[{}]",
                                 "{",
                                 "}",
                                 "{}{}",
                                 "{}x",
                                 "{},",
                                 R"({"a":1,"a":1})",
                                 R"({"a":1,"a":"x"})",
                                 R"({"a":1,"\u0061":2})",
                                 R"({"a":{}})",
                                 R"({"a":[]})",
                                 R"({"a":["x"]})",
                                 R"({"a":{"b":1}})",
                                 R"({"a":null})",
                                 R"({"a":true})",
                                 R"({"a":1.0})",
                                 R"({"a":1e3})",
                                 R"({"a":1e400})",
                                 R"({"a":-1e400})",
                                 R"({"a":0.5})",
                                 R"({"a":9223372036854775808})",
                                 R"({"a":18446744073709551616})",
                                 R"({"a":NaN})",
                                 R"({"a":Infinity})",
                                 R"({"a":01})",
                                 R"({"a":+1})",
                                 R"({"a":0x10})",
                                 R"({"a":1_000})",
                                 R"({a:1})",
                                 R"({'a':1})",
                                 R"({"a":1,})",
                                 R"({"a" 1})",
                                 R"({"a":1 /* c */})",
                                 R"({"a":1}//)",
                                 R"({"a":"\x41"})",
                                 R"({"a":"\ud800"})",
                                 R"({"a":"\udc00\ud800"})",
                                 R"({"a":"\u0000"})",
                                 R"({"a":"\u0007"})",
                                 R"({"a\u0000":"b"})",
                                 R"({"a":"\n"})",
                                 "{\"a\":\"\n\"}",
                                 "{\"a\":\"\x7f\"}",
                                 "{\"a\":\"\xff\"}",
                                 "{\"a\":\"\xc0\xaf\"}",
                                 "{\"a\":\"\xed\xa0\x80\"}",
                                 "{\"\xff\":1}",
                                 "\xef\xbb\xbf{}",
                                 std::string("{}\0", 3),
                                 std::string("{\"a\0\":1}", 8),
                                 R"({"a":"unfinished})",
                                 R"({"a":})",
                                 "{\"" + std::string(65, 'k') + "\":1}",
                                 std::string(1000, '['),
                                 std::string(1000, '{')};
  for (const std::string& text : refused) EXPECT_FALSE(parse_flat_json(text)) << text;
}

TEST(ParseFlatJson, T11_has_a_limit_of_members) {
  std::string json = "{\"m0\":0";
  for (int i = 1; i < 65; ++i) json += ",\"m" + std::to_string(i) + "\":0";
  EXPECT_FALSE(parse_flat_json(json + "}"));
}

}  // namespace
}  // namespace postern
