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
  sessions_.token_reused = [&](const Session& session) { reported.push_back(session); };
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

class LimitedChanges : public SessionTest {
 protected:
  LimitedChanges() { limited_.sessions = &sessions_; }

  /// Each from an account and a client network of its own.
  std::string ask(int asker, const std::string& wanted) {
    const auto address = "asker" + std::to_string(asker) + "@example.com";
    const RequestContext context{{}, {}, "192.0.2." + std::to_string(asker)};
    if (!database_.account_of(address)) put(address);
    const auto credentials = bearer(granted(address));
    return code(wait<Status>([&](auto done) {
      request_email_change(limited_, credentials, {*parse_email(wanted), Secret(kRight), context},
                           done);
    }));
  }
  std::ptrdiff_t messages() const {
    const auto all = kinds();
    return std::count(all.begin(), all.end(), "confirm-email");
  }
  static AccountSettings settings() {
    AccountSettings settings;
    settings.mail_rates.recipient = settings.mails_per_address;
    return settings;
  }

  AccountServices limited_{writer_, hashing_, verifier_, clock_, settings(), {}};
};

TEST_F(LimitedChanges, A7_messages_to_one_address_are_bounded_for_all_who_ask) {
  const std::string wanted = "flooded@example.com";
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(i, wanted), "") << "silent";
  EXPECT_EQ(messages(), 3);
  EXPECT_EQ(limited_.budgets.held()[static_cast<std::size_t>(MailLimit::kRecipient)], 3U);
  EXPECT_EQ(database_.state().audit.back().outcome, "none:limit");
  EXPECT_EQ(database_.account_of("asker5@example.com")->pending_email, "");
  EXPECT_EQ(ask(5, "other@example.com"), "");
  EXPECT_EQ(messages(), 4) << "another address has a limit of its own";
  clock_.advance(hours(1));
  EXPECT_EQ(ask(4, wanted), "");
  EXPECT_EQ(messages(), 5);
}

TEST_F(SessionTest, T2_a_worker_whose_clock_is_fast_is_named_and_its_links_work) {
  put(kAnna);
  std::vector<Duration> ahead;
  services_.clock_ahead = [&](Duration by) { ahead.push_back(by); };
  const auto after = [&](Duration by) {
    clock_.advance(by);
    const auto token = mail_token(MailTokenPurpose::kSetPassword, kAnna);
    clock_.advance(-by);
    return token;
  };
  EXPECT_EQ(set(after(seconds(90)), kNew), "");
  ASSERT_FALSE(ahead.empty());
  EXPECT_EQ(ahead.front(), Duration(seconds(90)));
  EXPECT_EQ(set(after(minutes(5)), kRight), "");
  ahead.clear();
  EXPECT_EQ(set(after(minutes(6)), kNew), "invalid_token");
  ASSERT_EQ(ahead.size(), 1U) << "the log says why it is not";
  EXPECT_EQ(ahead.front(), Duration(minutes(6)));
  ahead.clear();
  EXPECT_EQ(set(after(seconds(20)), kNew), "");
  EXPECT_EQ(set("nonsense"), "invalid_token");
  EXPECT_TRUE(ahead.empty());
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
  clock_.advance(sessions_.settings.idle_ttl - minutes(1));
  idle = *refreshed(idle.token);
  clock_.advance(sessions_.settings.idle_ttl);
  EXPECT_FALSE(refreshed(idle.token));
  EXPECT_FALSE(enter(bearer(idle)));

  auto busy = granted();
  const auto cookie_grant = *login(kAnna, kRight, SessionKind::kCookie);
  for (Duration age{}; age + hours(24) < sessions_.settings.session_ttl; age += hours(24)) {
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

TEST_F(SessionTest, S3_a_reset_ends_every_session) {
  put(kAnna);
  const auto grant = granted();
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  ASSERT_EQ(set(mail_token(MailTokenPurpose::kSetPassword, kAnna)), "");
  EXPECT_TRUE(database_.state().sessions.empty());
  EXPECT_FALSE(enter(bearer(grant)));
  EXPECT_FALSE(enter(cookie(browser)));
  EXPECT_FALSE(refreshed(grant.token));
}

TEST_F(SessionTest, P5_a_reset_creates_no_session) {
  put(kAnna);
  const auto token = mail_token(MailTokenPurpose::kSetPassword, kAnna);
  ASSERT_EQ(set(token), "");
  EXPECT_TRUE(database_.state().sessions.empty());
  EXPECT_FALSE(enter({token, {}, {}}));
  EXPECT_EQ(login_code(kAnna, kRight), "invalid_credentials");
  granted(kAnna, kNew);
}

TEST_F(SessionTest, P4_the_owner_gets_an_email_after_every_change_and_no_secret_is_in_it) {
  put(kAnna);
  ASSERT_EQ(change(bearer(granted()), kRight, kNew), "");
  const auto token = mail_token(MailTokenPurpose::kSetPassword, kAnna);
  ASSERT_EQ(set(token, kRight), "");
  EXPECT_EQ(kinds(), (std::vector<std::string>{"password-changed", "password-changed"}));
  for (const auto& entry : database_.state().outbox) {
    const auto job = decode_mail_job(entry.row.body);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->email, kAnna);
    for (const auto& secret : {std::string(kRight), std::string(kNew), token}) {
      EXPECT_EQ(entry.row.body.find(secret), std::string::npos);
    }
  }
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
    if (!entry.row.event.empty()) types.push_back(entry.row.event_type);
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

TEST_F(SessionTest, S3_T7_a_deletion_leaves_nothing_behind) {
  put(kAnna);
  const auto grant = granted();
  const auto token = mail_token(MailTokenPurpose::kSetPassword, kAnna);
  const auto remove = [&](const char* password) {
    return code(wait<Status>([&](auto done) {
      delete_account(services_, bearer(grant), {Secret(std::string(password)), {}}, done);
    }));
  };
  EXPECT_EQ(remove(kNew), "wrong_password");
  EXPECT_EQ(remove(kRight), "");
  EXPECT_FALSE(database_.account_of(kAnna));
  EXPECT_TRUE(database_.state().sessions.empty());
  EXPECT_TRUE(database_.state().throttles.empty());
  EXPECT_FALSE(enter(bearer(grant)));
  EXPECT_FALSE(refreshed(grant.token));
  EXPECT_EQ(set(token), "invalid_token");
  EXPECT_EQ(kinds(), std::vector<std::string>{"account-deleted"});
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

TEST_F(SessionTest, P6_P4_a_change_needs_the_current_password_and_ends_other_sessions) {
  put(kAnna);
  const auto grant = granted();
  const auto other = granted();
  const auto token = mail_token(MailTokenPurpose::kSetPassword, kAnna);
  EXPECT_EQ(change(bearer(grant), "a wrong quiet river 9", kNew), "wrong_password");
  EXPECT_EQ(change(bearer(grant), kRight, "short"), "weak_password");
  EXPECT_TRUE(enter(bearer(other)));
  ASSERT_EQ(change(bearer(grant), kRight, kNew), "");
  EXPECT_TRUE(enter(bearer(grant)));
  EXPECT_TRUE(refreshed(grant.token));
  EXPECT_FALSE(enter(bearer(other)));
  EXPECT_FALSE(refreshed(other.token));
  EXPECT_EQ(set(token), "invalid_token") << "T7";
  EXPECT_EQ(kinds(), std::vector<std::string>{"password-changed"});
  const auto body = database_.state().outbox.back().row.body;
  EXPECT_EQ(body.find(kNew), std::string::npos);
  EXPECT_EQ(login_code(kAnna, kRight), "invalid_credentials");
  granted(kAnna, kNew);
}

TEST_F(SessionTest, T7_a_confirmation_is_for_one_address_and_dies_with_every_change) {
  const std::string address = "new@example.com";
  const auto purpose = MailTokenPurpose::kConfirmEmail;
  put(kAnna);
  const auto grant = granted();
  ASSERT_EQ(ask_for_email(bearer(grant), "older@example.com"), "");
  const auto older = mail_token(purpose, kAnna, "older@example.com");
  ASSERT_EQ(ask_for_email(bearer(grant), address), "");
  EXPECT_EQ(kinds(), (std::vector<std::string>{"confirm-email", "email-change-requested",
                                               "confirm-email", "email-change-requested"}));
  EXPECT_EQ(confirm(older), "invalid_token");
  EXPECT_EQ(confirm(mail_token(purpose, kAnna)), "invalid_token") << "bound to no address";

  const auto before_password = mail_token(purpose, kAnna, address);
  ASSERT_EQ(change(bearer(grant), kRight, kNew), "");
  EXPECT_EQ(confirm(before_password), "invalid_token");
  EXPECT_EQ(confirm(mail_token(purpose, kAnna, address)), "invalid_token") << "withdrawn with it";

  ASSERT_EQ(ask_for_email(bearer(grant), address, kNew), "");
  const auto before_reset = mail_token(purpose, kAnna, address);
  ASSERT_EQ(set(mail_token(MailTokenPurpose::kSetPassword, kAnna), kRight), "");
  EXPECT_EQ(confirm(before_reset), "invalid_token") << "the owner has objected";
}

TEST_F(SessionTest, T7_a_confirmed_address_is_the_account_s_and_kills_earlier_links) {
  put(kAnna);
  const auto grant = granted();
  ASSERT_EQ(ask_for_email(bearer(grant), "New.Name@Example.com"), "");
  EXPECT_EQ(decode_mail_job(database_.state().outbox[0].row.body)->email, "New.Name@example.com");
  EXPECT_EQ(decode_mail_job(database_.state().outbox[1].row.body)->email, kAnna);
  EXPECT_TRUE(database_.account_of(kAnna));
  const auto reset = mail_token(MailTokenPurpose::kSetPassword, kAnna);
  const auto token = mail_token(MailTokenPurpose::kConfirmEmail, kAnna, "New.Name@example.com");
  ASSERT_EQ(confirm(token), "");
  EXPECT_EQ(confirm(token), "invalid_token");
  EXPECT_EQ(set(reset), "invalid_token");
  EXPECT_FALSE(database_.account_of(kAnna));
  EXPECT_EQ(database_.account_of("new.name@example.com")->email, "New.Name@example.com");
  EXPECT_FALSE(enter(bearer(grant))) << "it confirmed no address";
  granted("new.name@example.com");
}

TEST_F(SessionTest, S3_a_confirmed_address_ends_all_sessions_but_the_one_that_confirms) {
  put(kAnna);
  put("boris@example.com");
  const auto browser = *login(kAnna, kRight, SessionKind::kCookie);
  const auto thief = granted();
  const auto boris = granted("boris@example.com");
  const auto change_to = [&](const std::string& from, const std::string& to, const auto& asks) {
    EXPECT_EQ(ask_for_email(asks, to), "");
    return mail_token(MailTokenPurpose::kConfirmEmail, from, to);
  };
  const auto first = change_to(kAnna, "a@example.org", cookie(browser));
  const auto live =
      wait<Result<ValidEmailToken>>([&](auto done) { check_email_token(services_, first, done); });
  ASSERT_TRUE(live);
  EXPECT_EQ(live->masked_account, "a***@example.com") << "the account that asks";
  EXPECT_TRUE(enter(bearer(thief))) << "a look ends nothing";
  ASSERT_EQ(confirm(first, cookie(browser)), "");
  EXPECT_TRUE(enter(cookie(browser)));
  EXPECT_FALSE(enter(bearer(thief)));
  EXPECT_FALSE(refreshed(thief.token));

  const auto second = change_to("a@example.org", "b@example.org", cookie(browser));
  ASSERT_EQ(confirm(second, bearer(boris)), "") << "another account's session is no obstacle";
  EXPECT_FALSE(enter(cookie(browser)));
  EXPECT_TRUE(enter(bearer(boris))) << "and goes on";
  const auto third = granted("b@example.org");
  ASSERT_EQ(confirm(change_to("b@example.org", "c@example.org", bearer(third)), {"x.y.z", "", ""}),
            "")
      << "bad credentials are no obstacle";
  EXPECT_FALSE(enter(bearer(third)));
}

TEST_F(SessionTest, E4_a_change_of_address_does_not_tell_who_has_an_account) {
  put(kAnna);
  put("boris@example.com");
  const auto grant = granted();
  ASSERT_EQ(ask_for_email(bearer(grant), "boris@example.com"), "");
  const auto token = mail_token(MailTokenPurpose::kConfirmEmail, kAnna, "boris@example.com");
  // The holder of the token reads that mailbox.
  EXPECT_EQ(confirm(token), "email_taken");
  EXPECT_TRUE(database_.account_of(kAnna));
}

TEST_F(SessionTest, an_unconfirmed_account_does_not_block_its_address) {
  services_.settings.publish_events = true;
  put(kAnna);
  const auto barrier = put("new@example.com", AccountState::kUnconfirmed, "");
  const auto grant = granted();
  ASSERT_EQ(ask_for_email(bearer(grant), "new@example.com"), "");
  const auto token = mail_token(MailTokenPurpose::kConfirmEmail, kAnna, "new@example.com");
  const auto earlier = mail_token(MailTokenPurpose::kSetPassword, "new@example.com");
  EXPECT_TRUE(database_.account_of("new@example.com")) << "a request alone removes no account";
  ASSERT_EQ(confirm(token, bearer(grant)), "");
  EXPECT_FALSE(database_.account_of(kAnna));
  EXPECT_NE(database_.account_of("new@example.com")->id, barrier);
  EXPECT_TRUE(enter(bearer(grant)));
  EXPECT_EQ(set(earlier), "invalid_token") << "the link of the account that is gone";
  EXPECT_EQ(database_.state().outbox.end()[-2].row.event_type, "account.deleted");

  put("off@example.com", AccountState::kDisabled);
  ASSERT_EQ(ask_for_email(bearer(grant), "off@example.com"), "");
  EXPECT_EQ(
      confirm(mail_token(MailTokenPurpose::kConfirmEmail, "new@example.com", "off@example.com")),
      "email_taken");
}

TEST_F(SessionTest, L2_emails_to_new_addresses_are_limited) {
  put(kAnna);
  const auto grant = granted();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(ask_for_email(bearer(grant), "new" + std::to_string(i) + "@example.com"), "");
  }
  EXPECT_EQ(kinds().size(), 6U) << "three changes, two emails each";
  EXPECT_EQ(database_.account_of(kAnna)->pending_email, "new2@example.com");
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
  sessions_.settings.idle_ttl = seconds(40);
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
