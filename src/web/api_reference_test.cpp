#include "web/api_reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <regex>
#include <set>

#include "web/api_schema.hpp"
#include "web/embedded_docs.hpp"

namespace postern {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

const json::value& description() {
  static const json::value document =
      json::parse(std::ranges::find(embedded_docs(), "openapi.json", &EmbeddedFile::name)->content);
  return document;
}

const std::string& reference() {
  static const std::string html = render_api_reference(description());
  return html;
}

/// The article of the element with this id.
std::string article(std::string_view id) {
  const auto begin = reference().find("<article id=\"" + std::string(id) + "\"");
  if (begin == std::string::npos) return {};
  return reference().substr(begin, reference().find("</article>", begin) - begin);
}

std::string code(std::string_view text) { return "<code>" + escape_html(text) + "</code>"; }

TEST(ApiReference, every_operation_has_its_parameters_body_fields_and_responses) {
  const ApiSchemas schemas(description());
  for (const auto& [path, methods] : description().at("paths").as_object()) {
    for (const auto& [method, value] : methods.as_object()) {
      const auto& operation = value.as_object();
      const std::string shown = article(text_of(operation, "operationId"));
      EXPECT_THAT(shown, HasSubstr(code(path))) << method << " " << path;
      EXPECT_THAT(shown, HasSubstr(escape_html(text_of(operation, "summary"))));
      for (const auto& [status, response] : operation.at("responses").as_object()) {
        EXPECT_THAT(shown, HasSubstr(code(status == "default" ? "other" : status)));
      }
      if (const auto* parameters = operation.if_contains("parameters")) {
        for (const auto& parameter : parameters->as_array())
          EXPECT_THAT(shown, HasSubstr(code(text_of(schemas.resolve(parameter), "name"))));
      }
      const auto* body = operation.if_contains("requestBody");
      if (body == nullptr) continue;
      for (const auto& [type, content] : schemas.resolve(*body).at("content").as_object()) {
        EXPECT_THAT(shown, HasSubstr(std::string_view(type)));
        for (const auto& field : schemas.fields(content.at("schema")))
          EXPECT_THAT(shown, HasSubstr(code(field.name))) << path;
      }
    }
  }
}

TEST(ApiReference, every_schema_is_shown_with_its_fields) {
  const ApiSchemas schemas(description());
  for (const auto& [name, schema] : description().at("components").at("schemas").as_object()) {
    const std::string shown = article("schema-" + std::string(name));
    EXPECT_NE(shown, "") << name;
    for (const auto& field : schemas.fields(schema))
      EXPECT_THAT(shown, HasSubstr(code(field.name)));
  }
}

TEST(ApiReference, every_link_leads_to_one_place_of_the_page) {
  std::multiset<std::string> places;
  const std::regex id("\\bid=\"([^\"]+)\"");
  for (std::sregex_iterator at(reference().begin(), reference().end(), id), end; at != end; ++at)
    places.insert((*at)[1]);
  for (const auto& place : places) EXPECT_EQ(places.count(place), 1U) << place;
  const std::regex link("href=\"#([^\"]+)\"");
  for (std::sregex_iterator at(reference().begin(), reference().end(), link), end; at != end; ++at)
    EXPECT_EQ(places.count((*at)[1]), 1U) << (*at)[1];
}

TEST(ApiReference, what_the_description_says_is_escaped) {
  auto document = description();
  auto& operation =
      document.as_object()["paths"].as_object()["/login"].as_object()["post"].as_object();
  operation["summary"] = "<script>alert(1)</script>";
  operation["description"] = "a < b & `<i>` **<b>** \"c\"";
  const std::string html = render_api_reference(document);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("a &lt; b &amp; <code>&lt;i&gt;</code> <strong>&lt;b&gt;</strong>"));
}

TEST(ApiReference, a_reference_that_leads_nowhere_is_an_error) {
  auto document = description();
  document.as_object()["components"].as_object()["schemas"].as_object().erase("Login");
  EXPECT_ANY_THROW(render_api_reference(document));
}

TEST(ApiSchemas, types_in_words) {
  const ApiSchemas schemas(description());
  const auto type = [&](std::string_view text) { return schemas.type_html(json::parse(text)); };
  EXPECT_EQ(type(R"({"type":"string","format":"uuid"})"), "string (uuid)");
  EXPECT_EQ(type(R"({"type":["string","null"],"minLength":1,"maxLength":9})"),
            "string or null, at least 1 characters, at most 9 characters");
  EXPECT_EQ(type(R"({"type":"integer","minimum":0,"maximum":4})"), "integer, 0 to 4");
  EXPECT_EQ(type(R"({"type":"string","const":"<a>"})"), "string, always <code>&lt;a&gt;</code>");
  EXPECT_EQ(type(R"({"enum":["a","b"]})"), "one of <code>a</code>, <code>b</code>");
  EXPECT_EQ(type(R"({"type":"array","items":{"$ref":"#/components/schemas/Session"}})"),
            "array of <a href=\"#schema-Session\">Session</a>");
  EXPECT_EQ(type(R"({"oneOf":[{"type":"string"},{"type":"integer"}]})"), "string or integer");
  EXPECT_EQ(type("{}"), "");
}

TEST(ApiSchemas, fields_of_nested_objects_bear_the_whole_name) {
  const ApiSchemas schemas(description());
  std::vector<std::string> names;
  const auto schema = json::parse(
      R"({"properties":{"a":{"required":["b"],"properties":{"b":{}}},
          "c":{"items":{"properties":{"d":{"$ref":"#/components/schemas/Session"}}}}}})");
  for (const auto& field : schemas.fields(schema))
    names.push_back(field.name + (field.is_required ? "!" : ""));
  EXPECT_THAT(names, testing::ElementsAre("a", "a.b!", "c", "c[].d"));
}

TEST(DescribeHtml, marks_without_an_end_are_text) {
  EXPECT_EQ(describe_html("a ** b ` c"), "a ** b ` c");
  EXPECT_EQ(describe_html("one\n\ntwo\nthree"), "one</p>\n<p>two\nthree");
}

}  // namespace
}  // namespace postern
