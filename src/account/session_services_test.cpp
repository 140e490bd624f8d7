#include "account/session_services.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

TEST(ActiveSession, S3_S5_belongs_to_its_account_as_it_is_now) {
  const TimePoint now = from_unix_ms(1'795'361'400'000);
  const SessionSettings settings;
  Account account;
  account.id = "a";
  account.state = AccountState::kConfirmed;
  account.credential_version = 3;
  Session session;
  session.account_id = "a";
  session.credential_version = 3;
  session.last_used_at = now - settings.idle_ttl + std::chrono::milliseconds(1);
  session.expires_at = now + std::chrono::milliseconds(1);
  ASSERT_TRUE(is_active(session, account, settings, now));

  const auto without = [&](auto change) {
    auto changed_account = account;
    auto changed_session = session;
    change(changed_account, changed_session);
    return is_active(changed_session, changed_account, settings, now);
  };
  EXPECT_FALSE(without([](auto& a, auto&) { a.state = AccountState::kDisabled; }));
  EXPECT_FALSE(without([](auto& a, auto&) { a.state = AccountState::kUnconfirmed; }));
  EXPECT_FALSE(without([](auto& a, auto&) { ++a.credential_version; }));
  EXPECT_FALSE(without([](auto& a, auto&) { a.credential_version = 2; }));
  EXPECT_FALSE(without([](auto&, auto& s) { s.account_id = "b"; }));
  EXPECT_FALSE(without([&](auto&, auto& s) { s.expires_at = now; }));
  EXPECT_FALSE(without([&](auto&, auto& s) { s.last_used_at = now - settings.idle_ttl; }));
}

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
