#include "web/page_templates.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace postern {
namespace {

std::vector<EmbeddedFile> files(std::string_view page) {
  return {{"layout.html", "<b>{{product}}</b>\n{{content}}\n<i>{{name}}</i>\n"},
          {"page.html", page},
          {"en.json", R"({"hello":"Hello <you>","braces":"{{name}}"})"},
          {"ru.json", R"({"hello":"Привет","braces":""})"}};
}

std::string render(std::string_view locale, std::string_view page, const PageData& data = {}) {
  const auto all = files(page);
  const PageStrings strings(all, {});
  return PageTemplates(all, strings, {{"product", "Sons & Co"}}).render(locale, "page", data);
}

PageData named(const std::string& name) {
  PageData data;
  data.set("name", name);
  return data;
}

TEST(PageTemplates, a_page_stands_in_the_layout_with_its_language_and_values) {
  EXPECT_EQ(render("en", "<p>{{t.hello}}, {{name}}</p>\n", named("Ada")),
            "<b>Sons &amp; Co</b>\n<p>Hello &lt;you&gt;, Ada</p>\n<i>Ada</i>\n");
  EXPECT_EQ(render("ru", "{{#name}}<p>{{t.hello}}</p>{{/name}}\n", named("Ada")),
            "<b>Sons &amp; Co</b>\n<p>Привет</p>\n<i>Ada</i>\n");
}

TEST(PageTemplates, M7_every_value_is_escaped) {
  EXPECT_EQ(render("en", "<p title=\"{{name}}\">\n", named("<\"&'>")),
            "<b>Sons &amp; Co</b>\n<p title=\"&lt;&quot;&amp;&apos;&gt;\">\n"
            "<i>&lt;&quot;&amp;&apos;&gt;</i>\n");
}

TEST(PageTemplates, M7_no_value_is_a_tag) {
  EXPECT_EQ(render("en", "{{t.braces}}\n", named("{{product}}")),
            "<b>Sons &amp; Co</b>\n&#123;&#123;name}}\n<i>{{product}}</i>\n");
}

TEST(PageTemplates, a_missing_text_and_a_broken_template_are_refused) {
  EXPECT_THROW(render("en", "{{t.goodbye}}"), std::runtime_error);
  EXPECT_THROW(render("en", "{{#name}}"), std::runtime_error);
}

}  // namespace
}  // namespace postern
