// Sessions: their tokens, their lifetimes and their ends.
#include "account/session_fixture_test.hpp"
#include "base/login_limits.hpp"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_F(SessionTest, S2_fifty_parallel_refreshes_get_one_successor) {
  put(kAnna);
  const auto grant = granted();
  std::vector<std::promise<std::string>> answers(50);
  for (auto& answer : answers) {
    refresh(services_, {grant.token, {}, {}}, [&](Result<SessionGrant> next) {
      answer.set_value(next ? next->token : next.error().code);
    });
  }
  std::set<std::string> tokens;
  for (auto& answer : answers) tokens.insert(answer.get_future().get());
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_NE(*tokens.begin(), grant.token);
  EXPECT_EQ(refresh_token(*tokens.begin()).size(), grant.token.size());
}

TEST_F(SessionTest, T1_a_predecessor_yields_the_same_successor_until_that_was_used) {
  put(kAnna);
  const auto first = granted().token;
  const auto second = refresh_token(first);
  ASSERT_EQ(second.size(), first.size()) << second;
  for (const Duration later :
       {Duration(seconds(15)), Duration(hours(1)), Duration(hours(24 * 6))}) {
    clock_.advance(later);
    const auto again = refreshed(first);
    ASSERT_TRUE(again) << again.error().code;
    EXPECT_EQ(again->token, second);
    EXPECT_TRUE(enter(bearer(*again)));
  }
  const auto third = refresh_token(second);
  EXPECT_EQ(third.size(), first.size()) << third;
  EXPECT_EQ(refresh_token(first), "unauthorized") << "its successor was used now";
  EXPECT_EQ(database_.state().audit.back().outcome, "ended:reuse");
  EXPECT_EQ(refresh_token(third), "unauthorized");
}

TEST_F(SessionTest, S2_within_the_grace_every_token_of_the_chain_yields_the_last_one) {
  put(kAnna);
  std::vector<std::string> chain{granted().token};
  for (int i = 0; i < 5; ++i) {
    chain.push_back(refresh_token(chain.back()));
    clock_.advance(seconds(1));
  }
  ASSERT_EQ(std::set<std::string>(chain.begin(), chain.end()).size(), 6U);
  for (const auto& token : chain) {
    if (token == chain.back()) continue;
    EXPECT_EQ(refresh_token(token), chain.back());
  }
  EXPECT_EQ(refresh_token(chain.back()).size(), chain.front().size()) << "T4: the session lives";
}

TEST_F(SessionTest, S2_after_the_grace_a_spent_token_ends_the_session) {
  put(kAnna);
  std::vector<Session> reported;
  services_.token_reused = [&](const Session& session) { reported.push_back(session); };
  const auto first = granted();
  const auto second = refresh_token(first.token);
  const auto third = refreshed(second);
  ASSERT_TRUE(third);
  clock_.advance(seconds(10));
  EXPECT_EQ(refresh_token(first.token), third->token) << "spent ten seconds ago";
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(reported.empty());
  EXPECT_EQ(refresh_token(first.token), "unauthorized");
  EXPECT_EQ(database_.state().audit.back().outcome, "ended:reuse");
  EXPECT_EQ(reported.size(), 1U);
  EXPECT_EQ(refresh_token(third->token), "unauthorized");
  EXPECT_FALSE(enter(bearer(*third)));
  EXPECT_TRUE(database_.state().sessions.empty());
}

TEST_F(SessionTest, S2_the_grace_of_each_token_begins_when_it_is_spent) {
  put(kAnna);
  const auto first = granted().token;
  const auto second = refresh_token(first);
  clock_.advance(seconds(9));
  const auto third = refresh_token(second);
  clock_.advance(seconds(9));
  EXPECT_EQ(refresh_token(second), third);
  const auto fourth = refresh_token(third);
  EXPECT_EQ(refresh_token(second), fourth);
  EXPECT_EQ(refresh_token(first), "unauthorized") << "eighteen seconds";
}

TEST_F(SessionTest, S2_a_chain_is_bounded_and_none_of_its_tokens_is_forgotten_early) {
  put(kAnna);
  const auto first = granted().token;
  std::string last = first;
  for (int i = 0; i < 200; ++i) last = refresh_token(last);
  ASSERT_EQ(last.size(), first.size()) << last;
  EXPECT_EQ(refresh_token(first), last);
  EXPECT_EQ(database_.state().sessions.begin()->second.rotations.size(), limits::kRefreshChain);
  clock_.advance(seconds(11));
  EXPECT_NE(refresh_token(last), last) << "there is room again";
}

TEST_F(SessionTest, R15_a_clock_that_was_set_back_leaves_no_long_grace) {
  put(kAnna);
  clock_.advance(hours(24));
  const auto first = granted().token;
  const auto second = refresh_token(first);
  clock_.advance(-hours(24));
  const auto third = refresh_token(second);
  EXPECT_EQ(refresh_token(first), third);
  clock_.advance(seconds(11));
  EXPECT_EQ(refresh_token(first), "unauthorized");
}

TEST_F(SessionTest, a_logout_with_a_spent_token_ends_the_session) {
  put(kAnna);
  const auto first = granted();
  const auto second = refreshed(first.token);
  ASSERT_TRUE(second);
  EXPECT_EQ(
      code(wait<Status>([&](auto done) { log_out(services_, {{}, {}, first.token}, {}, done); })),
      "");
  EXPECT_FALSE(enter(bearer(*second)));
}

TEST_F(SessionTest, T4_an_early_token_yields_a_successor_of_its_chain_and_the_session_lives) {
  put(kAnna);
  const auto r1 = granted().token;
  const auto r2 = refresh_token(r1);
  clock_.advance(seconds(1));
  const auto r3 = refresh_token(r2);
  clock_.advance(seconds(1));
  EXPECT_EQ(refresh_token(r1), r3);
  clock_.advance(seconds(1));
  const auto r4 = refresh_token(r3);
  EXPECT_EQ(r4.size(), r1.size()) << r4;
  EXPECT_EQ(std::set<std::string>({r1, r2, r3, r4}).size(), 4U);
}

TEST_F(SessionTest, S2_an_invented_token_ends_nothing) {
  put(kAnna);
  const auto grant = granted();
  const auto named = *tokens_.read(SessionTokenUse::kRefresh, grant.token);
  const SessionTokens others(Secret(std::string("another secret key of another site")));
  const auto invented = *others.make(SessionTokenUse::kRefresh, named.session_id, named.account_id);
  const auto before = database_.generation();
  EXPECT_EQ(refreshed(invented).error().code, "unauthorized");
  EXPECT_EQ(refreshed("nonsense").error().code, "unauthorized");
  EXPECT_EQ(database_.generation(), before);
  EXPECT_TRUE(refreshed(grant.token));
}

TEST_F(SessionTest, S5_a_session_ends_when_it_is_idle_and_when_it_is_old) {
  put(kAnna);
  auto idle = granted();
  clock_.advance(services_.session_settings.idle_ttl - minutes(1));
  idle = *refreshed(idle.token);
  clock_.advance(services_.session_settings.idle_ttl);
  EXPECT_FALSE(refreshed(idle.token));
  EXPECT_FALSE(enter(bearer(idle)));

  auto busy = granted();
  const auto cookie_grant = *login(kAnna, kRight, SessionKind::kCookie);
  for (Duration age{}; age + hours(24) < services_.session_settings.session_ttl; age += hours(24)) {
    clock_.advance(hours(24));
    const auto next = refreshed(busy.token);
    ASSERT_TRUE(next) << age.count();
    busy = *next;
    ASSERT_TRUE(enter(cookie(cookie_grant)));
  }
  clock_.advance(hours(24));
  EXPECT_FALSE(refreshed(busy.token));
  EXPECT_FALSE(enter(cookie(cookie_grant)));
}

TEST_F(SessionTest, what_happens_to_sessions_is_announced) {
  services_.settings.publish_events = true;
  put(kAnna);
  const auto first = granted();
  const auto second = granted();
  ASSERT_EQ(change(bearer(second), kRight, kNew), "") << "ends the first one";
  EXPECT_FALSE(enter(bearer(first)));
  ASSERT_EQ(code(wait<Status>([&](auto done) { log_out(services_, bearer(second), {}, done); })),
            "");
  const auto third = granted(kAnna, kNew);
  ASSERT_EQ(ask_for_email(bearer(third), "new@example.com", kNew), "");
  ASSERT_EQ(
      confirm(mail_token(MailTokenPurpose::kConfirmEmail, kAnna, "new@example.com"), bearer(third)),
      "");
  ASSERT_EQ(code(wait<Status>([&](auto done) {
              delete_account(services_, bearer(third), {Secret(std::string(kNew)), {}}, done);
            })),
            "");
  std::vector<std::string> types;
  for (const auto& entry : database_.state().outbox) {
    if (entry.row.has_event()) types.push_back(entry.row.event_type);
    EXPECT_EQ(entry.row.event.find("@"), std::string::npos) << "H5";
  }
  EXPECT_THAT(types, ::testing::UnorderedElementsAre(
                         "session.created", "session.created", "account.password_changed",
                         "session.revoked", "session.revoked", "session.created",
                         "account.email_changed", "account.deleted", "session.revoked"));
}

TEST_F(SessionTest, S3_a_disabled_account_has_no_sessions) {
  put(kAnna);
  const auto grant = granted();
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  auto account = *database_.account_of(kAnna);
  account.state = AccountState::kDisabled;
  database_.put(account);
  EXPECT_FALSE(enter(bearer(grant)));
  EXPECT_FALSE(enter(cookie(browser)));
  EXPECT_FALSE(refreshed(grant.token));
}

TEST_F(SessionTest, T4_every_token_at_every_other_door_fails) {
  put(kAnna);
  const auto grant = granted();
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  ASSERT_EQ(ask_for_email(bearer(grant), "new@example.com"), "");
  const std::map<std::string, std::string> tokens{
      {"access", grant.access_token},
      {"refresh", grant.token},
      {"cookie", browser.token},
      {"set-password", mail_token(MailTokenPurpose::kSetPassword, kAnna)},
      {"confirm-email", mail_token(MailTokenPurpose::kConfirmEmail, kAnna, "new@example.com")},
  };
  for (const auto& [name, token] : tokens) {
    EXPECT_EQ(static_cast<bool>(enter({token, {}, {}})), name == "access") << name;
    EXPECT_EQ(static_cast<bool>(enter({{}, token, {}})), name == "cookie") << name;
    EXPECT_EQ(static_cast<bool>(enter({{}, {}, token})), name == "refresh") << name;
    if (name != "refresh") {
      EXPECT_FALSE(refreshed(token)) << name;
    }
    if (name != "set-password") {
      EXPECT_EQ(set(token), "invalid_token") << name;
    }
    if (name != "confirm-email") {
      EXPECT_EQ(confirm(token), "invalid_token") << name;
    }
  }
  EXPECT_TRUE(enter(bearer(grant)));
  EXPECT_TRUE(enter(cookie(browser)));
  EXPECT_EQ(confirm(tokens.at("confirm-email")), "");
}

TEST_F(SessionTest, sessions_are_ended_one_by_one_and_all_others_at_once) {
  put(kAnna);
  put("eve@example.com");
  const auto grant = granted();
  const auto other = granted();
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  const auto eve = granted("eve@example.com");
  const auto id = enter(bearer(other))->session.id;
  const auto end = [&](const SessionGrant& by) {
    return code(wait<Status>([&](auto done) { end_session(services_, bearer(by), id, {}, done); }));
  };
  EXPECT_EQ(end(eve), "not_found");
  EXPECT_EQ(end(grant), "");
  EXPECT_EQ(end(grant), "not_found");
  EXPECT_FALSE(enter(bearer(other)));
  EXPECT_TRUE(enter(cookie(browser)));
  EXPECT_TRUE(
      wait<Status>([&](auto done) { end_other_sessions(services_, bearer(grant), {}, done); }));
  EXPECT_FALSE(enter(cookie(browser)));
  EXPECT_TRUE(enter(bearer(grant)));
  EXPECT_TRUE(
      wait<Status>([&](auto done) { log_out(services_, {{}, {}, grant.token}, {}, done); }));
  EXPECT_FALSE(enter(bearer(grant)));
  EXPECT_TRUE(enter(bearer(eve)));
}

TEST_F(SessionTest, the_last_use_is_noted_now_and_then) {
  put(kAnna);
  const auto grant = *login(kAnna, kRight, SessionKind::kCookie);
  const auto before = database_.generation();
  ASSERT_TRUE(enter(cookie(grant)));
  EXPECT_EQ(database_.generation(), before);
  clock_.advance(limits::kSessionTouch);
  ASSERT_TRUE(enter(cookie(grant)));
  EXPECT_EQ(database_.state().sessions.begin()->second.last_used_at, clock_.now());
}

TEST_F(SessionTest, S5_a_session_in_use_is_not_idle_however_short_the_limit) {
  put(kAnna);
  services_.session_settings.idle_ttl = seconds(40);
  const auto grant = *login(kAnna, kRight, SessionKind::kCookie);
  for (int use = 0; use < 10; ++use) {
    clock_.advance(seconds(30));
    ASSERT_TRUE(enter(cookie(grant))) << use;
  }
  clock_.advance(seconds(40));
  EXPECT_FALSE(enter(cookie(grant)));
}

}  // namespace
}  // namespace postern
