#include "account/session_services.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

TEST(CleanDevice, every_byte_that_is_not_printable_ascii_becomes_a_question_mark) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string agent{'a', static_cast<char>(byte), 'z'};
    const std::string cleaned = clean(Device{.user_agent = agent, .ip = {}}).user_agent;
    EXPECT_EQ(cleaned, byte >= 0x20 && byte < 0x7F ? agent : "a?z") << byte;
  }
}

TEST(CleanDevice, a_user_agent_that_is_not_utf8_is_stored_as_utf8) {
  const auto device = clean(Device{.user_agent = "Mozilla/5.0 (M\xFCnchen; \xFF\xC3)", .ip = {}});
  EXPECT_TRUE(is_valid_utf8(device.user_agent));
  EXPECT_EQ(device.user_agent,
            "Mozilla/5.0 (M?nchen; ?"
            "?)");
}

TEST(CleanDevice, the_length_is_limited) {
  const auto device = clean(Device{.user_agent = std::string(100'000, 'a'), .ip = {}});
  EXPECT_EQ(device.user_agent.size(), limits::kUserAgentBytes);
}

}  // namespace
}  // namespace postern
