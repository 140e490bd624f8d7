#include "web/device_name.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(DeviceName, names_the_browser_and_not_those_that_it_descends_from) {
  const std::string windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) ";
  const std::string chrome =
      "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
  EXPECT_EQ(device_name(windows + chrome), "Chrome, Windows");
  EXPECT_EQ(device_name(windows + chrome + " Edg/126.0.0.0"), "Edge, Windows");
  EXPECT_EQ(device_name(windows + chrome + " OPR/111.0.0.0"), "Opera, Windows");
  EXPECT_EQ(device_name("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
            "Firefox, Linux");
  EXPECT_EQ(device_name("Mozilla/5.0 (Linux; Android 14) " + chrome), "Chrome, Android");
  EXPECT_EQ(device_name("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 "
                        "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
            "Safari, iPhone");
  EXPECT_EQ(device_name("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Something/1"), "macOS");
}

TEST(DeviceName, leaves_other_programs_their_name_but_not_all_of_their_words) {
  EXPECT_EQ(device_name(""), "");
  EXPECT_EQ(device_name("curl/8.1.2"), "curl/8.1.2");
  EXPECT_EQ(device_name("Mozilla/5.0 (unheard of)"), "Mozilla/5.0 (unheard of)");
  EXPECT_EQ(device_name(std::string(300, 'x')), std::string(48, 'x') + "…");
  EXPECT_EQ(device_name(std::string(47, 'x') + "яя"), std::string(47, 'x') + "…");
}

TEST(KnownDevice, J8_repeats_nothing_that_a_client_says_of_itself) {
  EXPECT_EQ(known_device("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"),
            "Firefox, Android");
  EXPECT_EQ(known_device("Mozilla/5.0 (Windows) see https://evil.example"), "Windows");
  for (const char* said : {"", "curl/8.1.2", "Your account is at risk: https://evil.example",
                           "Mozilla/5.0 (call +1 555 0100)"}) {
    EXPECT_EQ(known_device(said), "") << said;
  }
}

}  // namespace
}  // namespace postern
