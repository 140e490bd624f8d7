// Changes that owners make to their accounts: password, email address and deletion.
#include "account/session_fixture_test.hpp"
#include "base/login_limits.hpp"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class LimitedChanges : public SessionTest {
 protected:
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

  SessionServices limited_{
      {writer_, clock_, settings()}, hashing_, verifier_, tokens_, keys_, devices_};
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

TEST_F(SessionTest, P5_a_reset_creates_none_in_a_flow_either_and_the_first_password_does) {
  const std::string flow = "https://accounts.example.com/authorize?flow=1";
  for (const auto state : {AccountState::kConfirmed, AccountState::kUnconfirmed}) {
    const std::string address = std::string(to_string(state)) + "@example.com";
    put(address, state, state == AccountState::kConfirmed ? hash_of_right() : "");
    MailTokenClaims claims;
    const auto account = *database_.account_of(address);
    claims.account_id = account.id;
    claims.credential_version = account.credential_version;
    claims.token_id = new_id(clock_.now());
    claims.issued_at = clock_.now();
    claims.expires_at = clock_.now() + minutes(60);
    claims.return_to = flow;
    SetPasswordRequest request;
    request.token = *signer_.mint(MailTokenPurpose::kSetPassword, claims);
    request.password = Secret(std::string(kNew));
    request.first_login.return_urls = {flow};
    const auto set = wait<Result<ValidToken>>([&](auto done) {
      set_password(services_, std::move(request), [done](const Status& status, const auto* valid) {
        done(status ? Result<ValidToken>(*valid) : status.error());
      });
    });
    ASSERT_TRUE(set);
    EXPECT_EQ(set->session_cookie.empty(), state == AccountState::kConfirmed) << address;
  }
  EXPECT_EQ(database_.state().sessions.size(), 1U);
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

}  // namespace
}  // namespace postern
