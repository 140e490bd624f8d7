#include "account/session_fixture_test.hpp"

namespace postern {
namespace {

using std::chrono::minutes;

TEST_F(SessionTest, O2_keys_rotate_with_overlap_and_a_revoked_one_is_invalid) {
  put(kAnna);
  const auto old = granted();
  const auto old_kid = database_.state().signing_keys.begin()->first;
  const Secret seal_key = signing_key_seal(key_);
  std::string new_kid;
  const auto rotate = [&](Duration notice) {
    return writer_.run([&](Store& store) -> Status {
      auto kid = rotate_signing_key(store, seal_key, notice, clock_.now());
      if (!kid) return kid.error();
      new_kid = *kid;
      return {};
    });
  };
  ASSERT_TRUE(rotate(minutes(2)));
  ASSERT_TRUE(keys_.load());
  EXPECT_THAT(keys_.ring()->jwks(), testing::HasSubstr(new_kid)) << "published before it signs";
  EXPECT_FALSE(keys_.ring()->names_unknown_key(granted().access_token));
  clock_.advance(minutes(2));
  ASSERT_TRUE(keys_.load());
  const auto fresh = granted();
  EXPECT_NE(fresh.access_token.substr(0, 60), old.access_token.substr(0, 60));
  EXPECT_TRUE(enter(bearer(old))) << "the old key's tokens live on";
  clock_.advance(minutes(16));
  ASSERT_TRUE(keys_.load());
  EXPECT_THAT(keys_.ring()->jwks(), testing::Not(testing::HasSubstr(old_kid)));

  const auto last = granted();
  ASSERT_TRUE(writer_.run(
      [&](Store& store) { return revoke_signing_key(store, seal_key, new_kid, clock_.now()); }));
  ASSERT_TRUE(keys_.load());
  EXPECT_FALSE(enter(bearer(last)));
  EXPECT_THAT(keys_.ring()->jwks(), testing::Not(testing::HasSubstr(new_kid)));
  EXPECT_TRUE(enter(bearer(granted()))) << "another key has taken over";
}

TEST_F(SessionTest, O2_a_key_written_without_the_secret_key_is_ignored) {
  put(kAnna);
  const auto grant = granted();
  const auto planted = make_signing_key();
  const Secret other = signing_key_seal(Secret(std::string(64, 'e')));
  ASSERT_TRUE(writer_.run([&](Store& store) {
    return store.put_signing_key({planted.kid, "ES256",
                                  seal(other, planted.kid, planted.private_pem.view()),
                                  clock_.now(), clock_.now()});
  }));
  ASSERT_TRUE(keys_.load());
  EXPECT_THAT(keys_.ring()->jwks(), testing::Not(testing::HasSubstr(planted.kid)));
  EXPECT_TRUE(enter(bearer(grant)));
}

TEST_F(SessionTest, O2_a_token_of_a_newer_key_makes_the_app_look) {
  put(kAnna);
  AccessKeys elsewhere(writer_, key_, {kIssuer, minutes(15)}, clock_, log_);
  const Secret seal_key = signing_key_seal(key_);
  ASSERT_TRUE(writer_.run([&](Store& store) -> Status {
    const auto kid = rotate_signing_key(store, seal_key, Duration::zero(), clock_.now());
    return kid ? Status{} : Status{kid.error()};
  }));
  ASSERT_TRUE(elsewhere.load());
  SessionServices other_app{tokens_, elsewhere, devices_};
  services_.sessions = &other_app;
  const auto grant = granted();
  services_.sessions = &sessions_;
  EXPECT_TRUE(enter(bearer(grant)));
}

}  // namespace
}  // namespace postern
