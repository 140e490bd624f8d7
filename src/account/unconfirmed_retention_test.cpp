#include "account/unconfirmed_retention.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "crypto/test_tokens.hpp"
#include "fakes/memory_store.hpp"

namespace postern {
namespace {

using std::chrono::hours;
constexpr auto kDay = hours(24);

class UnconfirmedRetentionTest : public ::testing::Test {
 protected:
  void put(const std::string& key, AccountState state, Duration created_ago, Duration changed_ago) {
    Account account;
    account.id = new_id(clock_.now() - created_ago);
    account.email = account.email_key = key;
    account.state = state;
    account.locale = "en";
    account.created_at = clock_.now() - created_ago;
    account.updated_at = clock_.now() - changed_ago;
    database_.put(account);
  }

  void put_mail(const std::string& key, Duration ago) {
    OutboxRow row;
    row.id = new_id(clock_.now());
    row.account_id = database_.account_of(key)->id;
    row.kind = "confirm";
    row.body = "{}";
    row.created_at = clock_.now() - ago;
    ASSERT_TRUE(writer_.run([&](Store& store) { return store.write({.outbox = {row}}); }));
  }

  bool is_there(const std::string& key) { return database_.account_of(key).has_value(); }

  /// One walk through all accounts.
  Status run() {
    for (;;) {
      const auto more = retention_.run_once();
      if (!more) return more.error();
      if (!*more) return {};
    }
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  fakes::MemoryDatabase database_;
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
  AccountServices services_{writer_, clock_};
  UnconfirmedRetention retention_{services_, 7 * kDay};
};

TEST_F(UnconfirmedRetentionTest, L8_an_unconfirmed_account_is_deleted_after_its_retention) {
  put("old@example.com", AccountState::kUnconfirmed, 8 * kDay, 8 * kDay);
  put("young@example.com", AccountState::kUnconfirmed, 6 * kDay, 6 * kDay);
  put("changed@example.com", AccountState::kUnconfirmed, 8 * kDay, 6 * kDay);
  put("asked@example.com", AccountState::kUnconfirmed, 8 * kDay, 8 * kDay);
  put_mail("asked@example.com", hours(1));
  put("wrote@example.com", AccountState::kUnconfirmed, 9 * kDay, 9 * kDay);
  put_mail("wrote@example.com", 8 * kDay);
  put("confirmed@example.com", AccountState::kConfirmed, 80 * kDay, 80 * kDay);
  put("disabled@example.com", AccountState::kDisabled, 80 * kDay, 80 * kDay);
  ASSERT_TRUE(run());
  EXPECT_FALSE(is_there("old@example.com"));
  EXPECT_FALSE(is_there("wrote@example.com"));
  for (const auto* key : {"young@example.com", "changed@example.com", "asked@example.com",
                          "confirmed@example.com", "disabled@example.com"}) {
    EXPECT_TRUE(is_there(key)) << key;
  }
  const auto audit = database_.state().audit;
  ASSERT_EQ(audit.size(), 2u);
  EXPECT_EQ(audit[0].action, "delete");
}

TEST_F(UnconfirmedRetentionTest, L8_a_deletion_is_announced) {
  services_.settings.publish_events = true;
  put("old@example.com", AccountState::kUnconfirmed, 8 * kDay, 8 * kDay);
  ASSERT_TRUE(run());
  ASSERT_EQ(database_.state().outbox.size(), 1u);
  EXPECT_EQ(database_.state().outbox[0].row.event_type, "account.deleted");
}

TEST_F(UnconfirmedRetentionTest, L8_every_page_is_looked_at) {
  constexpr auto kAccounts = 2 * limits::kRetentionBatch + 1;
  for (std::int64_t i = 0; i < kAccounts; ++i) {
    const bool is_last = i == kAccounts - 1;
    put(std::to_string(i), is_last ? AccountState::kUnconfirmed : AccountState::kConfirmed,
        8 * kDay - std::chrono::milliseconds(i), 8 * kDay - std::chrono::milliseconds(i));
  }
  ASSERT_TRUE(run());
  EXPECT_FALSE(is_there(std::to_string(kAccounts - 1)));
  EXPECT_TRUE(is_there("0"));
}

TEST_F(UnconfirmedRetentionTest, R12_a_database_that_is_away_is_an_error_and_passes) {
  put("old@example.com", AccountState::kUnconfirmed, 8 * kDay, 8 * kDay);
  database_.fail_next(fakes::StoreStep::kCommit, {"store_unavailable", Retry::kLater, "away"});
  EXPECT_FALSE(run());
  EXPECT_TRUE(run());
  EXPECT_FALSE(is_there("old@example.com"));
}

}  // namespace
}  // namespace postern
