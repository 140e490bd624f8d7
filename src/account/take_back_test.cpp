#include "account/session_fixture_test.hpp"
#include "model/credential_version.hpp"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class TakeBack : public SessionTest {
 protected:
  /// A thief gives Anna's account another address, and the token of the email that tells Anna.
  std::string steal() {
    id_ = put(kAnna);
    const auto grant = granted();
    EXPECT_EQ(ask_for_email(bearer(grant), kThief), "");
    EXPECT_EQ(confirm(mail_token(MailTokenPurpose::kConfirmEmail, kAnna, kThief), bearer(grant)),
              "");
    return token_for(kAnna, clock_.now());
  }

  std::string token_for(const std::string& former, TimePoint changed_at,
                        MailTokenPurpose purpose = MailTokenPurpose::kTakeBackEmail) const {
    MailTokenClaims claims;
    claims.account_id = id_;
    claims.credential_version = 2;
    claims.token_id = new_id(clock_.now());
    claims.issued_at = clock_.now();
    claims.expires_at = changed_at + hours(24 * 7);
    claims.former_email = former;
    return *signer_.mint(purpose, claims);
  }

  /// "kind to address: device" of the emails in the outbox, from `first` on.
  std::vector<std::string> devices(std::size_t first = 0) const {
    std::vector<std::string> devices;
    const auto& outbox = database_.state().outbox;
    for (std::size_t i = first; i < outbox.size(); ++i) {
      const auto mail = decode_mail_job(outbox[i].row.body);
      EXPECT_TRUE(mail);
      if (!mail) continue;
      devices.push_back(outbox[i].row.kind + " to " + mail->email + ": " + mail->device.ip);
    }
    return devices;
  }

  static constexpr const char* kThief = "thief@example.org";
  static constexpr const char* kOwners = "the owner has a quiet river 5";
  std::string id_;
};

TEST_F(TakeBack, the_former_address_gets_a_notice_and_takes_the_account_back_with_a_new_password) {
  const auto token = steal();
  EXPECT_EQ(kinds().back(), "email-changed");
  const auto notice = decode_mail_job(database_.state().outbox.back().row.body);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->email, kAnna);
  // The thief changes the password as well, days later.
  clock_.advance(hours(24 * 6));
  ASSERT_EQ(set(mail_token(MailTokenPurpose::kSetPassword, kThief), kNew), "");
  const auto thiefs = granted(kThief, kNew);
  const auto thiefs_link = mail_token(MailTokenPurpose::kSetPassword, kThief);
  ASSERT_TRUE(enter(bearer(thiefs)));

  ASSERT_EQ(set(token, kOwners), "");
  EXPECT_EQ(database_.account_of(kAnna)->id, id_);
  EXPECT_FALSE(database_.account_of(kThief));
  EXPECT_FALSE(enter(bearer(thiefs)));
  EXPECT_EQ(login_code(kAnna, kNew), "invalid_credentials");
  EXPECT_TRUE(login(kAnna, kOwners));
  EXPECT_EQ(set(thiefs_link), "invalid_token") << "all other links are withdrawn";
  EXPECT_EQ(set(token), "invalid_token") << "used";
  const auto last = kinds();
  EXPECT_THAT(std::vector(last.end() - 2, last.end()),
              testing::Each(std::string("password-changed")));
}

TEST_F(TakeBack, J8_a_notice_names_the_device_unless_its_reader_may_be_another_person) {
  const auto token = steal();
  EXPECT_THAT(devices(),
              testing::ElementsAre("confirm-email to thief@example.org: ",
                                   "email-change-requested to anna@example.com: 192.0.2.1",
                                   "email-changed to anna@example.com: 192.0.2.1"));
  ASSERT_EQ(set(token, kOwners), "");
  EXPECT_THAT(devices(3),
              testing::UnorderedElementsAre("password-changed to anna@example.com: 192.0.2.1",
                                            "password-changed to thief@example.org: "));
}

TEST_F(TakeBack, J8_who_confirms_without_a_session_is_not_named_to_who_sent_the_link) {
  put(kAnna);
  const auto grant = granted();
  ASSERT_EQ(ask_for_email(bearer(grant), kThief), "");
  ASSERT_EQ(confirm(mail_token(MailTokenPurpose::kConfirmEmail, kAnna, kThief)), "");
  EXPECT_EQ(devices().back(), "email-changed to anna@example.com: ");
}

TEST_F(TakeBack, O4_a_restore_ends_the_link_whether_it_was_used_or_not) {
  const auto token = steal();
  Account restored = *database_.account_of(kThief);
  restored.credential_version += 7 * credential_version::kChangesPerEpoch;
  database_.put(restored);
  EXPECT_EQ(set(token, kOwners), "invalid_token");
}

TEST_F(TakeBack, the_link_ends_after_7_days_and_is_of_no_other_purpose) {
  const auto token = steal();
  EXPECT_EQ(set(token_for({}, clock_.now())), "invalid_token") << "of no address";
  const auto posing =
      token_for(kAnna, clock_.now() - hours(24 * 6 + 12), MailTokenPurpose::kSetPassword);
  ASSERT_EQ(set(posing, kNew), "") << "as any token that sets a password";
  EXPECT_TRUE(database_.account_of(kThief)) << "but it takes nothing back";
  EXPECT_EQ(confirm(token, {}), "invalid_token");
  clock_.advance(hours(24 * 7) + minutes(2));
  EXPECT_EQ(set(token, kOwners), "invalid_token");
}

TEST_F(TakeBack, a_disabled_account_and_a_taken_address_are_not_taken_back) {
  const auto token = steal();
  put(kAnna, AccountState::kUnconfirmed, "");
  EXPECT_EQ(set(token, "123"), "weak_password");
  EXPECT_TRUE(database_.account_of(kAnna)) << "a refused password changes nothing";
  ASSERT_EQ(set(token, kOwners), "") << "the account in the way is unconfirmed";
  EXPECT_EQ(database_.account_of(kAnna)->id, id_);
}

TEST_F(TakeBack, a_confirmed_account_keeps_the_address) {
  const auto token = steal();
  put(kAnna);
  EXPECT_EQ(set(token, kOwners), "email_taken");
  EXPECT_EQ(database_.account_of(kThief)->id, id_);
}

}  // namespace
}  // namespace postern
