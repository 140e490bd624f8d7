#include <gtest/gtest.h>

#include <future>

#include "account/create_account.hpp"
#include "account/disable_account.hpp"
#include "account/import_accounts.hpp"
#include "account/read_accounts.hpp"
#include "account/register.hpp"
#include "account/remove_account.hpp"
#include "account/set_password.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "fakes/memory_store.hpp"
#include "model/credential_version.hpp"

namespace postern {
namespace {

using fakes::MemoryDatabase;
using fakes::MemoryStore;

void register_account(AccountServices& services, MailRequest request,
                      std::function<void(Status)> done) {
  request_mail(services, std::move(request), registration(), std::move(done));
}

class AccountChangeTest : public ::testing::Test {
 protected:
  using Change = void (*)(AccountServices&, AccountChange, AccountDone);

  Result<Account> change(Change operation, const std::string& key) {
    std::promise<Result<Account>> answer;
    operation(services_, {{AccountRef::By::kEmailKey, key}, {"request-1", {}}},
              [&](Result<Account> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  template <class Operation>
  Status request(Operation operation, const std::string& address) {
    std::promise<Status> answer;
    operation(services_, {*parse_email(address), "en", {}, {}},
              [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  Account put(const std::string& address, AccountState state, const std::string& hash = {}) {
    Account account;
    account.id = new_id(clock_.now());
    account.email = address;
    account.email_key = address;
    account.state = state;
    account.password_hash = hash;
    account.locale = "en";
    database_.put(account);
    return *database_.account_of(address);
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

  std::string use(const std::string& token) {
    std::promise<std::string> answer;
    set_password(services_, {token, Secret(std::string("a quiet green river 7")), {}},
                 [&](const Status& status, const ValidToken*) {
                   answer.set_value(status ? "" : status.error().code);
                 });
    return answer.get_future().get();
  }

  std::vector<std::string> events() {
    std::vector<std::string> types;
    for (const auto& entry : database_.state().outbox) {
      if (entry.row.has_event()) types.push_back(entry.row.event_type);
    }
    return types;
  }

  std::vector<std::string> audited() {
    std::vector<std::string> actions;
    for (const auto& entry : database_.state().audit) {
      actions.push_back(entry.action + " " + entry.outcome);
    }
    return actions;
  }

  using Names = std::vector<std::string>;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  MemoryDatabase database_;
  Writer writer_{std::make_unique<MemoryStore>(database_), log_};
  HashPool hashing_{1, limits::kHashQueue};
  Secret key_{std::string(64, 'k')};
  MailTokenSigner signer_ = MailTokenSigner::hs256(key_, "http://localhost:5001");
  MailTokenVerifier verifier_ = MailTokenVerifier::hs256(key_, "http://localhost:5001");
  SessionTokens tokens_{key_};
  AccessKeys keys_{
      writer_, key_, {"http://localhost:5001", std::chrono::minutes(15)}, clock_, log_};
  DeviceTokens devices_{key_};
  SessionServices services_{
      {writer_, clock_, {.publish_events = true}}, hashing_, verifier_, tokens_, keys_, devices_};
};

TEST_F(AccountChangeTest, T7_a_token_is_invalid_after_disable_and_stays_so_after_enable) {
  const auto anna = put("anna@example.com", AccountState::kConfirmed, "$hash");
  const auto token = token_for(anna);
  clock_.advance(std::chrono::seconds(1));
  const auto disabled = change(disable_account, "anna@example.com");
  ASSERT_TRUE(disabled);
  EXPECT_EQ(disabled->state, AccountState::kDisabled);
  EXPECT_EQ(disabled->credential_version, anna.credential_version + 1);
  EXPECT_EQ(disabled->updated_at, clock_.now());
  EXPECT_EQ(use(token), "invalid_token");
  const auto enabled = change(enable_account, "anna@example.com");
  ASSERT_TRUE(enabled);
  EXPECT_EQ(enabled->state, AccountState::kConfirmed);
  EXPECT_EQ(use(token), "invalid_token");
  EXPECT_EQ(use(token_for(*database_.account_of("anna@example.com"))), "");
  EXPECT_EQ(events(), (Names{"account.disabled", "account.password_changed"}));
  EXPECT_EQ(audited(), (Names{"disable done", "enable done", "set-password done"}));
  EXPECT_EQ(database_.state().audit[0].request_id, "request-1");
  EXPECT_EQ(database_.state().audit[0].account_id, anna.id);
}

TEST_F(AccountChangeTest, T7_a_token_is_invalid_after_delete_also_when_the_address_comes_back) {
  ASSERT_TRUE(request(register_account, "anna@example.com"));
  const auto anna = *database_.account_of("anna@example.com");
  const auto token = token_for(anna);
  const auto deleted = change(remove_account, "anna@example.com");
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->id, anna.id);
  EXPECT_FALSE(database_.account_of("anna@example.com"));
  EXPECT_TRUE(database_.state().mail_states.empty());
  EXPECT_EQ(use(token), "invalid_token");
  ASSERT_TRUE(request(register_account, "anna@example.com"));
  EXPECT_NE(database_.account_of("anna@example.com")->id, anna.id);
  EXPECT_EQ(use(token), "invalid_token");
  EXPECT_EQ(events(), (Names{"account.registered", "account.deleted", "account.registered"}));
  EXPECT_EQ(audited()[1], "delete done");
}

TEST_F(AccountChangeTest, enable_without_a_password_goes_back_to_unconfirmed) {
  put("anna@example.com", AccountState::kDisabled);
  const auto enabled = change(enable_account, "anna@example.com");
  ASSERT_TRUE(enabled);
  EXPECT_EQ(enabled->state, AccountState::kUnconfirmed);
}

TEST_F(AccountChangeTest, what_is_done_already_changes_and_announces_nothing) {
  const auto disabled = put("off@example.com", AccountState::kDisabled);
  put("on@example.com", AccountState::kConfirmed);
  ASSERT_TRUE(change(disable_account, "off@example.com"));
  ASSERT_TRUE(change(enable_account, "on@example.com"));
  EXPECT_EQ(database_.account_of("off@example.com")->revision, disabled.revision);
  EXPECT_EQ(events(), Names{});
  for (const Change operation : {disable_account, enable_account, remove_account}) {
    EXPECT_EQ(change(operation, "unknown@example.com").error().code, "not_found");
  }
}

TEST_F(AccountChangeTest, create_makes_an_account_and_its_email_once) {
  ASSERT_TRUE(request(create_account, "anna@example.com"));
  EXPECT_EQ(database_.account_of("anna@example.com")->state, AccountState::kUnconfirmed);
  EXPECT_EQ(request(create_account, "anna@example.com").error().code, "already_exists");
  ASSERT_EQ(database_.state().outbox.size(), 1u);
  EXPECT_EQ(database_.state().outbox[0].row.kind, "confirm");
  EXPECT_EQ(audited(), Names{"create mail:confirm"});
}

TEST_F(AccountChangeTest, import_adds_what_is_new_and_leaves_the_rest_alone) {
  const auto anna = put("anna@example.com", AccountState::kDisabled);
  std::vector<AccountToImport> accounts(6, {anna, "42"});
  for (auto& wanted : accounts) wanted.account.revision = 0;
  const auto rename = [](Account& account, const std::string& email) {
    account.email = account.email_key = email;
  };
  rename(accounts[1].account, "boris@example.com");
  accounts[1].account.id = "of-boris";
  accounts[2] = accounts[1];
  rename(accounts[3].account, "clara@example.com");
  accounts[3].account.id = "of-boris";
  accounts[3].external_id = "43";
  rename(accounts[4].account, "dora@example.com");
  accounts[4].account.id = "of-dora";
  rename(accounts[5].account, "emma@example.com");
  accounts[5].account.id = "of-emma";
  accounts[5].external_id = "";
  const auto outcomes = import_accounts({writer_, clock_, "import-1"}, accounts);
  ASSERT_TRUE(outcomes);
  EXPECT_EQ(*outcomes,
            (std::vector{Imported::kKnown, Imported::kAdded, Imported::kKnown, Imported::kIdTaken,
                         Imported::kExternalIdTaken, Imported::kAdded}));
  EXPECT_EQ(database_.state().accounts.size(), 3u);
  EXPECT_EQ(database_.account_of("boris@example.com")->credential_version,
            credential_version::first_at(to_unix_s(clock_.now())))
      << "an earlier account of this id had other versions";
  EXPECT_EQ(audited(), (Names{"import done", "import done"}));
  EXPECT_EQ(show_account(writer_, {AccountRef::By::kEmailKey, "boris@example.com"})->external_id,
            "42");
  EXPECT_EQ((*find_by_external_id(writer_, "42"))->value, "of-boris");
  EXPECT_FALSE(*find_by_external_id(writer_, "43"));
  EXPECT_EQ(events(), Names{});
}

TEST_F(AccountChangeTest, show_tells_the_emails_and_list_goes_by_pages) {
  ASSERT_TRUE(request(register_account, "anna@example.com"));
  clock_.advance(std::chrono::milliseconds(2));
  put("boris@example.com", AccountState::kConfirmed);
  const auto view = show_account(writer_, {AccountRef::By::kEmailKey, "anna@example.com"});
  ASSERT_TRUE(view);
  ASSERT_EQ(view->mails.size(), 1u);
  EXPECT_EQ(view->mails[0].outcome, std::nullopt);
  EXPECT_EQ(show_account(writer_, {AccountRef::By::kId, "none"}).error().code, "not_found");
  const auto first = list_accounts(writer_, {"", {}, 1});
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ((*first)[0].email, "anna@example.com");
  const auto second = list_accounts(writer_, {(*first)[0].id, {}, 9});
  ASSERT_TRUE(second);
  ASSERT_EQ(second->size(), 1u);
}

}  // namespace
}  // namespace postern
