#include "mail/link_life.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

using namespace std::chrono_literals;

TEST(LinkLife, is_said_in_the_readers_words) {
  const struct {
    Duration life;
    std::string_view english;
    std::string_view russian;
  } cases[] = {
      {0s, "", ""},
      {-5s, "", ""},
      {200ms, "1 second", "1 секунду"},
      {30s, "30 seconds", "30 секунд"},
      {1min, "1 minute", "1 минуту"},
      {2min, "2 minutes", "2 минуты"},
      {4min, "4 minutes", "4 минуты"},
      {5min, "5 minutes", "5 минут"},
      {11min, "11 minutes", "11 минут"},
      {12min, "12 minutes", "12 минут"},
      {21min, "21 minutes", "21 минуту"},
      {22min, "22 minutes", "22 минуты"},
      {60min, "60 minutes", "60 минут"},
      {90min, "90 minutes", "90 минут"},
      {111min, "111 minutes", "111 минут"},
      {2h, "2 hours", "2 часа"},
      {150min, "150 minutes", "150 минут"},
      {5h, "5 hours", "5 часов"},
      {21h, "21 hours", "21 час"},
      {24h, "24 hours", "24 часа"},
      {48h, "2 days", "2 дня"},
      {120h, "5 days", "5 дней"},
      {21 * 24h, "21 days", "21 день"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(link_life_words(test.life, "en"), test.english);
    EXPECT_EQ(link_life_words(test.life, "ru"), test.russian);
  }
}

TEST(LinkLife, never_promises_more_than_there_is) {
  EXPECT_EQ(link_life_words(119s, "en"), "1 minute");
  EXPECT_EQ(link_life_words(2h + 59s, "en"), "120 minutes");
  EXPECT_EQ(link_life_words(49h + 30min, "en"), "49 hours");
}

}  // namespace
}  // namespace postern
