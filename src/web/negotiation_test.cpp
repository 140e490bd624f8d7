#include "web/negotiation.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Prefer, compares_the_weights_of_html_and_json) {
  const std::pair<const char*, Preference> cases[] = {
      {"", Preference::kEither},
      {"*/*", Preference::kEither},
      {"text/html", Preference::kHtml},
      {"TEXT/HTML", Preference::kHtml},
      {"application/json", Preference::kJson},
      {"application/*", Preference::kJson},
      {"text/*", Preference::kHtml},
      {"text/html, application/json", Preference::kEither},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Preference::kHtml},
      {"application/json, text/html;q=0.9", Preference::kJson},
      {"application/json;q=0.5, text/html;q=0.6", Preference::kHtml},
      {"text/html;q=0, */*", Preference::kJson},
      {"text/html;level=1;q=0.3, application/json;q=0.2", Preference::kHtml},
      {"application/json, text/plain, */*", Preference::kEither},
      {"application/json, text/plain, */*;q=0.5", Preference::kJson},
      {"*/*, text/html;q=0.1", Preference::kJson},
      {"text/html;q=abc, application/json;q=0.1", Preference::kJson},
      {"text/html;q=7, application/json;q=0.1", Preference::kJson},
      {",,;;,=,", Preference::kEither},
      {"image/png", Preference::kEither},
  };
  for (const auto& [accept, preference] : cases) {
    EXPECT_EQ(prefer(accept), preference) << accept;
  }
}

}  // namespace
}  // namespace postern
