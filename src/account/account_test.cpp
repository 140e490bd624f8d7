#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "account/recover_password.hpp"
#include "account/register.hpp"
#include "account/set_password.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "crypto/password.hpp"
#include "fakes/memory_store.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using fakes::MemoryDatabase;
using fakes::MemoryStore;
using fakes::StoreStep;

constexpr const char* kPassword = "a quiet green river 7";

class AccountTest : public ::testing::Test {
 protected:
  Status request(const MailDecision& decision, const std::string& address) {
    std::promise<Status> answer;
    MailRequest mail_request;
    mail_request.email = *parse_email(address);
    mail_request.locale = "en";
    request_mail(*asked_, std::move(mail_request), decision,
                 [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  Result<ValidToken> set(const std::string& token, const std::string& password = kPassword) {
    std::promise<Result<ValidToken>> answer;
    set_password(services_, {token, Secret(password), {}},
                 [&](const Status& status, const ValidToken* valid) {
                   token_given_ = valid != nullptr;
                   answer.set_value(status ? Result<ValidToken>(*valid) : status.error());
                 });
    return answer.get_future().get();
  }

  Result<ValidToken> check(const std::string& token) {
    std::promise<Result<ValidToken>> answer;
    check_set_password_token(
        services_, token, [&](Result<ValidToken> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  std::string token_for(const Account& account) {
    MailTokenClaims claims;
    claims.account_id = account.id;
    claims.credential_version = account.credential_version;
    claims.token_id = new_id(clock_.now());
    claims.issued_at = clock_.now();
    claims.expires_at = clock_.now() + std::chrono::minutes(60);
    return *signer_.mint(MailTokenPurpose::kSetPassword, claims);
  }

  Account put(const std::string& address, AccountState state) {
    Account account;
    account.id = new_id(clock_.now());
    account.email = address;
    account.email_key = parse_email(address)->key;
    account.state = state;
    account.locale = "en";
    database_.put(account);
    return *database_.account_of(account.email_key);
  }

  std::vector<std::string> outbox_kinds() {
    std::vector<std::string> kinds;
    for (const auto& entry : database_.state().outbox) kinds.push_back(entry.row.kind);
    return kinds;
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  MemoryDatabase database_;
  Writer writer_{std::make_unique<MemoryStore>(database_), log_};
  HashPool hashing_{1, limits::kHashQueue};
  Secret key_{std::string(64, 'k')};
  MailTokenSigner signer_ = MailTokenSigner::hs256(key_, "http://localhost:5001");
  MailTokenVerifier verifier_ = MailTokenVerifier::hs256(key_, "http://localhost:5001");
  /// By the latest set().
  bool token_given_ = false;
  AccountServices services_{writer_, hashing_, verifier_, clock_, {}, {}};
  /// By request().
  AccountServices* asked_ = &services_;
};

class LimitedMails : public AccountTest {
 protected:
  LimitedMails() { asked_ = &limited_; }

  static AccountSettings settings() {
    AccountSettings settings;
    settings.mail_rates.domain = {{8, std::chrono::hours(1)}};
    return settings;
  }
  AccountServices limited_{writer_, hashing_, verifier_, clock_, settings(), {}};
};

TEST_F(AccountTest, E1_the_email_follows_from_the_state_and_the_caller_learns_nothing) {
  struct Case {
    MailDecision operation;
    std::optional<AccountState> state;
    std::vector<std::string> kinds;
    std::string outcome;
  };
  const Case cases[] = {
      {registration(), {}, {"confirm"}, "mail:confirm"},
      {registration(), AccountState::kUnconfirmed, {"confirm"}, "mail:confirm"},
      {registration(), AccountState::kConfirmed, {"already-registered"}, "mail:already-registered"},
      {registration(), AccountState::kDisabled, {}, "none:disabled"},
      {recovery(), {}, {}, "none:unknown"},
      {recovery(), AccountState::kUnconfirmed, {"confirm"}, "mail:confirm"},
      {recovery(), AccountState::kConfirmed, {"recover"}, "mail:recover"},
      {recovery(), AccountState::kDisabled, {}, "none:disabled"},
  };
  int number = 0;
  for (const auto& c : cases) {
    const auto address = "person" + std::to_string(++number) + "@example.com";
    if (c.state) put(address, *c.state);
    const auto before = database_.state();
    ASSERT_TRUE(request(c.operation, address)) << c.outcome;
    const auto after = database_.state();
    std::vector<std::string> kinds = outbox_kinds();
    kinds.erase(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(before.outbox.size()));
    EXPECT_EQ(kinds, c.kinds) << c.outcome;
    // One audit row in every case: each way costs one commit.
    ASSERT_EQ(after.audit.size(), before.audit.size() + 1);
    EXPECT_EQ(after.audit.back().outcome, c.outcome);
  }
}

TEST_F(AccountTest, E5_the_job_names_the_stored_address) {
  put("Stored.Name@example.com", AccountState::kConfirmed);
  ASSERT_TRUE(request(recovery(), "sTORED.nAME@Example.COM"));
  const auto job = decode_mail_job(database_.state().outbox.back().row.body);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->email, "Stored.Name@example.com");
}

TEST_F(AccountTest, L2_emails_over_the_limit_are_held_back_in_silence) {
  std::vector<std::string> held;
  services_.mail_held = [&](const std::string& email, MailKind) { held.push_back(email); };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(request(registration(), "anna@example.com"));
  ASSERT_TRUE(request(registration(), "anna+tag@example.com"));  // M6: an address of its own
  EXPECT_EQ(database_.state().outbox.size(), 4U);
  EXPECT_EQ(held.size(), 2U);
  EXPECT_EQ(database_.state().audit[4].outcome, "none:limit");
  clock_.advance(std::chrono::minutes(61));
  ASSERT_TRUE(request(registration(), "anna@example.com"));
  EXPECT_EQ(database_.state().outbox.size(), 5U);
}

TEST_F(AccountTest, L2_every_window_has_its_own_limit) {
  services_.settings.mails_per_address = {{3, std::chrono::hours(1)}, {5, std::chrono::hours(24)}};
  const auto mails = [this](int requests) {
    const auto before = database_.state().outbox.size();
    for (int i = 0; i < requests; ++i) {
      EXPECT_TRUE(request(registration(), "anna@example.com"));
    }
    return database_.state().outbox.size() - before;
  };
  EXPECT_EQ(mails(5), 3U) << "the hour is full";
  clock_.advance(std::chrono::minutes(61));
  EXPECT_EQ(mails(5), 2U) << "the day is full; what the hour held back was not counted";
  clock_.advance(std::chrono::minutes(61));
  EXPECT_EQ(mails(5), 0U);
  ASSERT_TRUE(request(registration(), "anna+tag@example.com"));  // M6: an address of its own
  EXPECT_EQ(database_.state().outbox.size(), 6U);
  clock_.advance(std::chrono::hours(5));
  EXPECT_EQ(mails(5), 1U) << "a day refills evenly: one every 4 h 48 min";
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(mails(5), 3U) << "a new day";
  clock_.advance(-std::chrono::hours(48));
  EXPECT_EQ(mails(5), 3U) << "a clock that was set back begins anew";
}

TEST_F(AccountTest, L2_a_recovery_has_room_when_the_last_link_has_expired) {
  put("anna@example.com", AccountState::kConfirmed);
  services_.settings.mails_per_address = {{2, std::chrono::hours(24)}};
  services_.settings.link_ttl = std::chrono::minutes(10);
  const auto recoveries = [this] {
    const auto before = database_.state().outbox.size();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(request(recovery(), "anna@example.com"));
    return database_.state().outbox.size() - before;
  };
  EXPECT_EQ(recoveries(), 2U) << "the day is full";
  clock_.advance(std::chrono::minutes(9));
  EXPECT_EQ(recoveries(), 0U) << "the last link is valid";
  for (int i = 0; i < 20; ++i) {
    clock_.advance(std::chrono::minutes(i == 0 ? 1 : 10));
    EXPECT_EQ(recoveries(), 1U) << "its owner is never without a link";
  }
}

TEST_F(AccountTest, L2_the_note_about_an_account_is_sent_once_a_day_and_takes_no_room) {
  put("anna@example.com", AccountState::kConfirmed);
  const auto notes = [this] {
    const auto before = database_.state().outbox.size();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(request(registration(), "anna@example.com"));
    return database_.state().outbox.size() - before;
  };
  EXPECT_EQ(notes(), 1U);
  EXPECT_EQ(database_.state().outbox.back().row.kind, "already-registered");
  clock_.advance(std::chrono::hours(23));
  EXPECT_EQ(notes(), 0U);
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(notes(), 1U);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(request(recovery(), "anna@example.com"));
  EXPECT_EQ(database_.state().outbox.size(), 5U) << "three recoveries";
}

TEST_F(LimitedMails, L2_a_domain_has_a_limit_that_holds_no_recovery_back) {
  put("anna@example.com", AccountState::kConfirmed);
  const auto sent = [this](const MailDecision& decision, const std::string& address) {
    const auto before = database_.state().outbox.size();
    EXPECT_TRUE(request(decision, address));
    return database_.state().outbox.size() - before;
  };
  std::size_t new_ones = 0;
  for (int i = 0; i < 12; ++i) {
    new_ones += sent(registration(), "user" + std::to_string(i) + "@example.com");
  }
  EXPECT_EQ(new_ones, 8U);
  EXPECT_EQ(database_.state().audit.back().outcome, "none:limit-domain");
  EXPECT_EQ(sent(registration(), "user@example.org"), 1U);
  EXPECT_EQ(sent(registration(), "anna@example.com"), 0U) << "the note is no recovery";
  EXPECT_EQ(sent(recovery(), "anna@example.com"), 1U);
}

TEST_F(AccountTest, L2_a_single_window_is_all_there_is) {
  services_.settings.mails_per_address = {{3, std::chrono::hours(1)}};
  for (int hour = 0; hour < 6; ++hour) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(request(registration(), "anna@example.com"));
    clock_.advance(std::chrono::minutes(61));
  }
  EXPECT_EQ(database_.state().outbox.size(), 18U);
}

TEST_F(AccountTest, R1_a_failed_commit_is_an_error_and_leaves_nothing) {
  for (const auto step :
       {StoreStep::kBegin, StoreStep::kFind, StoreStep::kWrite, StoreStep::kCommit}) {
    database_.fail_next(step, Error{store_error::kUnavailable, Retry::kLater, "away"});
    const auto status = request(registration(), "anna@example.com");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, store_error::kUnavailable);
    EXPECT_TRUE(database_.state().accounts.empty());
    EXPECT_TRUE(database_.state().outbox.empty());
  }
}

TEST_F(AccountTest, T5_T6_a_password_is_set_once_per_token) {
  const auto account = put("anna@example.com", AccountState::kUnconfirmed);
  const auto token = token_for(account);
  const auto sibling = token_for(account);
  const auto live = check(token);
  ASSERT_TRUE(live);
  EXPECT_EQ(live->masked_email, "a***@example.com");
  ASSERT_TRUE(set(token));
  const auto stored = *database_.account_of("anna@example.com");
  EXPECT_EQ(stored.state, AccountState::kConfirmed);
  EXPECT_EQ(stored.credential_version, 2);
  EXPECT_TRUE(verify_password(stored.password_hash, kPassword));
  for (const auto& used : {token, sibling}) {
    EXPECT_EQ(set(used, "another quiet river 8").error().code, "invalid_token");
    EXPECT_EQ(check(used).error().code, "invalid_token");
  }
  EXPECT_TRUE(verify_password(database_.account_of("anna@example.com")->password_hash, kPassword));
}

TEST_F(AccountTest, T5_of_two_that_hash_at_once_the_first_commit_wins) {
  const auto token = token_for(put("anna@example.com", AccountState::kUnconfirmed));
  std::promise<Result<ValidToken>> answers[2];
  for (auto& answer : answers) {
    set_password(services_, {token, Secret(kPassword), {}},
                 [&](const Status& status, const ValidToken* valid) {
                   answer.set_value(status ? Result<ValidToken>(*valid) : status.error());
                 });
  }
  int successes = 0;
  for (auto& answer : answers) successes += static_cast<bool>(answer.get_future().get()) ? 1 : 0;
  EXPECT_EQ(successes, 1);
}

TEST_F(AccountTest, T7_a_token_of_a_disabled_account_is_invalid) {
  EXPECT_EQ(set(token_for(put("anna@example.com", AccountState::kDisabled))).error().code,
            "invalid_token");
  Account unknown;
  unknown.id = new_id(clock_.now());
  EXPECT_EQ(set(token_for(unknown)).error().code, "invalid_token");
}

TEST_F(AccountTest, T9_a_refused_password_writes_nothing) {
  const auto token = token_for(put("anna.smith@example.com", AccountState::kUnconfirmed));
  const auto before = database_.generation();
  for (const std::string password : {"short", "passwordpassword", "anna.smith@example.com"}) {
    const auto transactions = writer_.batches();
    EXPECT_EQ(set(token, password).error().code, "weak_password") << password;
    EXPECT_TRUE(token_given_) << "the page still shows whose password it is";
    EXPECT_EQ(writer_.batches() - transactions, 1u) << "and needs no other transaction for it";
  }
  EXPECT_EQ(database_.generation(), before);
  EXPECT_TRUE(set(token));
}

TEST_F(AccountTest, P3_the_same_password_in_another_unicode_form_is_the_same) {
  ASSERT_TRUE(set(token_for(put("anna@example.com", AccountState::kUnconfirmed)),
                  "cafe\xCC\x81 am ruhigen Fluss"));
  const auto other = normalise_password("caf\xC3\xA9 am ruhigen Fluss");
  ASSERT_TRUE(other);
  EXPECT_TRUE(
      verify_password(database_.account_of("anna@example.com")->password_hash, other->view()));
}

}  // namespace
}  // namespace postern
