#include "mail/mail_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace postern {
namespace {

using testing::HasSubstr;

const MailTemplate::FixedValues kFixed{{"product_name", "A & B"}, {"product_url", ""}};
const TemplateValues kValues{"https://x/?a=1&b='2'", "60 minutes", "<o'neil@example.com>", "Hi"};

std::string render(const std::string& source, TemplateFormat format,
                   const TemplateValues& values = kValues) {
  return MailTemplate("t", source, format, kFixed).render(values);
}

std::string refusal(const std::string& source) {
  try {
    MailTemplate("en/x.html", source, TemplateFormat::kHtml, kFixed);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MailTemplate, M7_html_escapes_every_value) {
  EXPECT_EQ(render("{{product_name}}|{{link}}|{{email}}", TemplateFormat::kHtml),
            "A &amp; B|https://x/?a=1&amp;b=&#39;2&#39;|&lt;o&#39;neil@example.com&gt;");
  const TemplateValues hostile{"\"><script>", "", "{{link}}", ""};
  EXPECT_EQ(render("{{link}} {{email}}", TemplateFormat::kHtml, hostile),
            "&quot;&gt;&lt;script&gt; {{link}}");
}

TEST(MailTemplate, plain_text_is_left_as_it_is) {
  EXPECT_EQ(render("{{product_name}} {{link}}", TemplateFormat::kPlain),
            "A & B https://x/?a=1&b='2'");
}

TEST(MailTemplate, an_unescaped_tag_is_respected) {
  EXPECT_EQ(render("{{{link}}} {{&product_name}}", TemplateFormat::kHtml),
            "https://x/?a=1&b='2' A & B");
}

TEST(MailTemplate, sections_depend_on_values) {
  const std::string source =
      "a\n{{#link_life}}\nfor {{link_life}}\n{{/link_life}}\n{{^product_url}}\nnone\n"
      "{{/product_url}}\nz";
  EXPECT_EQ(render(source, TemplateFormat::kPlain), "a\nfor 60 minutes\nnone\nz");
  EXPECT_EQ(render(source, TemplateFormat::kPlain, {"l", "", "e", "s"}), "a\nnone\nz");
}

TEST(MailTemplate, a_section_on_lines_of_its_own_leaves_no_empty_line) {
  const std::string source =
      "a\n\n  {{#link_life}} \nb\n{{/link_life}}\n\n{{! no }}\nc{{#email}}\nd{{/email}}\n";
  EXPECT_EQ(render(source, TemplateFormat::kPlain), "a\n\nb\n\nc\nd\n");
  EXPECT_EQ(render(source, TemplateFormat::kPlain, {"l", "", "e", "s"}), "a\n\n\nc\nd\n");
}

TEST(MailTemplate, knows_whether_it_has_the_link) {
  const auto load = [](const char* source) {
    return MailTemplate("t", source, TemplateFormat::kHtml, kFixed);
  };
  EXPECT_TRUE(load("{{link}}").always_has_link());
  EXPECT_FALSE(load("{{email}}").may_have_link());
  const auto sometimes = load("{{#link_life}}{{link}}{{/link_life}}");
  EXPECT_TRUE(sometimes.may_have_link());
  EXPECT_FALSE(sometimes.always_has_link());
}

TEST(MailTemplate, says_what_is_wrong_with_a_source) {
  EXPECT_THAT(refusal("{{lnk}}"), HasSubstr("en/x.html uses {{lnk}}, which does not exist"));
  EXPECT_THAT(refusal("{{#nothing}}x{{/nothing}}"), HasSubstr("{{nothing}}"));
  EXPECT_THAT(refusal("{{li\nnk}}"), HasSubstr("{{li nk}}, which does not exist"));
  EXPECT_THAT(refusal("{{link"), HasSubstr("does not parse"));
  EXPECT_THAT(refusal("{{"), HasSubstr("does not parse"));
  EXPECT_THAT(refusal("{{#link_life}}x"), HasSubstr("does not parse"));
  EXPECT_THAT(refusal("{{/link_life}}"), HasSubstr("does not parse"));
  EXPECT_THAT(refusal("{{=<% %>=}}<%> top %>"), HasSubstr("does not exist"));
  EXPECT_THAT(refusal("\xff{{link}}"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(refusal("\x01{{link}}"), HasSubstr("control character"));
  EXPECT_EQ(refusal("{{! a comment }}{{link}}"), "accepted");
}

}  // namespace
}  // namespace postern
