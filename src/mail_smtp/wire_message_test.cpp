#include "mail_smtp/wire_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"

namespace postern {
namespace {

using namespace std::string_literals;

TEST(EnvelopeAddress, M1_what_could_end_or_extend_a_command_is_refused) {
  const std::vector<std::string> cases = {
      "",
      "reader",
      "@example.net",
      "reader@",
      "a@b@example.net",
      "reader@example.net\r\nRCPT TO:<other@example.net>",
      "reader@example.net\n",
      "reader@example.net\r",
      "reader\0@example.net"s,
      "reader@example.net\x01",
      "reader@example.net\x7f",
      "rea der@example.net",
      "reader@example.net SIZE=1",
      "reader@example.net> NOTIFY=NEVER",
      "<reader@example.net",
      "\"reader\"@example.net",
      "read\\er@example.net",
      "r\xc3\xa9"
      "ader@example.net",
      std::string(limits::kEmailBytes, 'a') + "@example.net",
  };
  for (const std::string& address : cases) {
    const Status checked = check_envelope_address(address);
    ASSERT_FALSE(checked) << address;
    EXPECT_EQ(checked.error().code, "bad_mail");
    EXPECT_EQ(checked.error().retry, Retry::kNever);
    // The error may be logged; the address may not.
    EXPECT_EQ(checked.error().cause.find("example.net"), std::string::npos);
  }
  EXPECT_TRUE(check_envelope_address("reader+tag@sub.example.net"));
  EXPECT_TRUE(check_envelope_address("o'neil=x@xn--bcher-kva.example"));
}

TEST(WireMessage, M8_dots_are_stuffed_and_the_final_dot_is_added) {
  struct Case {
    std::string message;
    std::string wire;
  };
  const std::vector<Case> cases = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"..\r\n.a\r\na.b.\r\n", "...\r\n..a\r\na.b.\r\n.\r\n"},
      {"a\r\n\r\n.\r\nMAIL FROM:<x@y>\r\n", "a\r\n\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n"},
      {"\r\n", "\r\n.\r\n"},
  };
  for (const Case& c : cases) {
    const Result<std::string> wire = to_wire(c.message);
    ASSERT_TRUE(wire) << c.message;
    EXPECT_EQ(*wire, c.wire);
  }
}

TEST(WireMessage, M8_anything_but_crlf_lines_of_7_bit_octets_is_refused) {
  const std::string longest(limits::kMailLineBytes, 'x');
  EXPECT_TRUE(to_wire(longest + "\r\n"));
  const std::vector<std::string> cases = {
      longest + "x\r\n",    "no end",       "bare\nlf\r\n", "bare\rcr\r\n",
      "smuggled\n.\r\n",    "a\r\n.\r\r\n", "a\r\n.\n",     "nul \0\r\n"s,
      "8 bit \xc3\xa9\r\n", "cut\r",        "a\r\nb",
  };
  for (const std::string& message : cases) {
    const Result<std::string> wire = to_wire(message);
    ASSERT_FALSE(wire) << message;
    EXPECT_EQ(wire.error().retry, Retry::kNever);
  }
}

}  // namespace
}  // namespace postern
