#include "text/locale.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(MatchLocale, knows_a_language_with_any_subtags) {
  for (const char* tag : {"en", "EN", "en-US", "en-GB-oxendict", "en-Latn-US", "en-x-twain"}) {
    EXPECT_EQ(match_locale(tag), "en") << tag;
  }
  for (const char* tag : {"ru", "Ru", "RU-ru", "ru-Cyrl-RU"})
    EXPECT_EQ(match_locale(tag), "ru") << tag;
  for (const char* tag :
       {"", "-", "*", "e", "eng", "rus", "de", "de-RU", "en-", "en--US", "-en", "en_US", "en ",
        " en", "en-toolongsubtag", "en-U$", "en;q=1", "../en", "en/../ru"}) {
    EXPECT_EQ(match_locale(tag), std::nullopt) << tag;
  }
}

TEST(NegotiateLocale, takes_the_best_weight) {
  struct Case {
    const char* header;
    const char* expected;
  };
  for (const Case& c : {
           Case{"", "en"},
           Case{"ru", "ru"},
           Case{"ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"},
           Case{"en-US,en;q=0.9,ru;q=0.8", "en"},
           Case{"en;q=0.5, ru;q=0.6", "ru"},
           Case{"ru;q=0.5, en;q=0.6", "en"},
           Case{"ru, en", "ru"},
           Case{"en, ru", "en"},
           Case{"ru;q=0.5, en;q=0.5", "ru"},
           Case{"ru;q=0.501, en;q=0.5", "ru"},
           Case{"fr, de;q=0.9", "en"},
           Case{"fr, ru;q=0.1", "ru"},
           Case{"*", "en"},
           Case{"fr, *;q=0.1", "en"},
           Case{"ru, *;q=0.5", "ru"},
           Case{"*, ru;q=0.5", "en"},
           Case{"en;q=0, *", "ru"},
           Case{"en;q=0, ru;q=0", "en"},
           Case{"ru;q=0", "en"},
           Case{"ru;q=0.000", "en"},
           Case{"ru-RU;q=0.3, ru;q=0.9, en;q=0.5", "ru"},
           Case{" ru\t;  Q=1.000 ,, en ; q=0.9", "ru"},
       }) {
    EXPECT_EQ(negotiate_locale(c.header), c.expected) << c.header;
  }
}

TEST(NegotiateLocale, passes_over_what_is_malformed) {
  for (const char* range :
       {"ru;q=1.1", "ru;q=2", "ru;q=-1", "ru;q=", "ru;q", "ru;q=0.1234", "ru;q=.5", "ru;q=1x",
        "ru;q=0,5x", "ru;level=1", "ru;q=1;q=1", ";q=1", "ru ru"}) {
    EXPECT_EQ(negotiate_locale(std::string(range) + ", en;q=0.1"), "en") << range;
  }
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "fr,";
  EXPECT_EQ(negotiate_locale(many + "ru"), "en");
}

}  // namespace
}  // namespace postern
