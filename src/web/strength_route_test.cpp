#include <gmock/gmock.h>

#include "web/web_fixture_test.hpp"

namespace postern {
namespace {

using testing::HasSubstr;

class StrengthRoute : public WebTest {
 protected:
  std::string ask(const std::string& password, const std::string& token = {}) const {
    std::string body = R"({"password":")" + password + '"';
    if (!token.empty()) body += R"(,"token":")" + token + '"';
    return post_json("/password-strength", body + "}").body;
  }
};

TEST_F(StrengthRoute, P2_the_meter_shows_the_verdict) {
  EXPECT_THAT(ask(kGoodPassword), HasSubstr(R"("accepted":true)"));
  EXPECT_THAT(ask("short"), HasSubstr(R"("reason":"too_short")"));
  EXPECT_THAT(ask("passwordpassword"), HasSubstr(R"("reason":"common")"));
  EXPECT_THAT(ask("kestrelkestrelkestrel"), HasSubstr(R"("accepted":false)"));
  EXPECT_THAT(ask(std::string(1100, 'x')), HasSubstr(R"("reason":"too_long")"));
}

TEST_F(StrengthRoute, P2_the_token_tells_what_is_personal) {
  add_account("wilhelmina.quux@example.com", AccountState::kUnconfirmed);
  const auto token = mint_token("wilhelmina.quux@example.com");
  EXPECT_THAT(ask("wilhelmina.quux1", token), HasSubstr(R"("reason":"personal")"));
}

TEST_F(StrengthRoute, refuses_what_the_form_would_refuse) {
  EXPECT_EQ(code_of(post_json("/password-strength", R"({"password":"x","token":"y"})")),
            "invalid_token");
  EXPECT_EQ(code_of(post_json("/password-strength", R"({"password":["x"]})")), "invalid_field");
  EXPECT_EQ(code_of(post_json("/password-strength", "{}")), "missing_field");
  EXPECT_EQ(code_of(post("/password-strength", "x", {{"Content-Type", "text/plain"}})),
            "unsupported_media_type");
}

TEST_F(StrengthRoute, T8_asking_changes_nothing) {
  add_account("ada@example.com", AccountState::kUnconfirmed);
  const auto before = database_.generation();
  ask(kGoodPassword, mint_token("ada@example.com"));
  EXPECT_EQ(database_.generation(), before);
}

}  // namespace
}  // namespace postern
