// The forms of a relay's settings: the name for EHLO, an app password.
#include <gtest/gtest.h>

#include <string>

#include "mail_smtp/app_password.hpp"
#include "mail_smtp/helo_name.hpp"

namespace postern {
namespace {

TEST(HeloName, S5_is_a_domain_name_or_an_address_literal) {
  for (const std::string name :
       {"mail.example.com", "a.b", "xn--e1afmkfd.xn--p1ai", "[192.0.2.1]", "[IPv6:2001:db8::1]"})
    EXPECT_TRUE(is_helo_name(name)) << name;
  for (const std::string name :
       {"", "localhost", "192.0.2.1", ".example.com", "example.com.", "a..b", "-a.example",
        "mail example.com", "mail.example.com\r\n", "[]", "[192.0.2.1", "b\xc3\xa4r.example"})
    EXPECT_FALSE(is_helo_name(name)) << name;
}

TEST(HeloName, S5_the_host_of_the_base_url_when_it_is_a_domain_name) {
  EXPECT_EQ(usual_helo_name("https://id.example.com"), "id.example.com");
  EXPECT_EQ(usual_helo_name("https://id.example.com:8443/x"), "id.example.com");
  for (const std::string url : {"http://localhost:5001", "http://127.0.0.1:5001",
                                "http://[::1]:5001", "https://id", "http://id.localhost:5001"}) {
    const std::string name = usual_helo_name(url);
    EXPECT_TRUE(name.empty() || is_helo_name(name)) << name;
    EXPECT_EQ(name, usual_helo_name({})) << url << ": what this machine is called";
  }
}

TEST(AppPassword, white_space_between_its_groups_is_no_part_of_it) {
  const std::string plain = "abcdefghijklmnop";
  const std::string google = "smtp.gmail.com";
  for (const std::string given : {"abcd efgh ijkl mnop", " abcd  efgh\tijkl mnop ",
                                  "abcd\xc2\xa0"
                                  "efgh\xc2\xa0ijkl\xc2\xa0mnop",
                                  "abcd efgh ijkl mnop\xc2\xa0",
                                  "abcd\xe2\x80\xaf"
                                  "efgh ijkl mnop",
                                  "abcdefghijklmnop"})
    EXPECT_EQ(plain_app_password(google, given), plain) << given;
  EXPECT_EQ(plain_app_password("smtp-relay.gmail.com", "abcd efgh ijkl mnop"), plain);
  EXPECT_EQ(plain_app_password("localhost",
                               "abcd\xc2\xa0"
                               "efgh\xc2\xa0ijkl\xc2\xa0mnop"),
            plain);
}

TEST(AppPassword, any_other_password_stays_what_it_is) {
  for (const std::string given : {"abcd efgh ijkl mnop", "two words",
                                  "a\xc2\xa0"
                                  "b",
                                  "p4ss w0rd"})
    EXPECT_EQ(plain_app_password("mail.example.com", given), given);
  for (const std::string given : {"two words", "abcd efgh ijkl", "abcd efgh ijkl mno1"})
    EXPECT_EQ(plain_app_password("smtp.gmail.com", given), given);
  EXPECT_EQ(plain_app_password("mail.example.com", " padded\xc2\xa0 "), "padded");
  EXPECT_EQ(plain_app_password("mail.example.com", ""), "");
}

}  // namespace
}  // namespace postern
