// Needs a private PostgreSQL server: POSTERN_TEST_POSTGRES_URL (a superuser's URL).
#include "store_sql/postgres_store.hpp"

#include <future>

#include "contract/migrate_contract.hpp"
#include "contract/restore_contract.hpp"
#include "contract/store_accounts_contract.hpp"
#include "contract/store_claims_contract.hpp"
#include "contract/store_clients_contract.hpp"
#include "contract/store_dead_contract.hpp"
#include "contract/store_external_ids_contract.hpp"
#include "contract/store_mail_states_contract.hpp"
#include "contract/store_outbox_contract.hpp"
#include "contract/store_requests_contract.hpp"
#include "contract/store_retention_contract.hpp"
#include "contract/store_sessions_contract.hpp"
#include "contract/store_text_contract.hpp"
#include "store_sql/postgres_settings.hpp"
#include "store_sql/postgres_statements.hpp"

namespace postern {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, MigrateContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, RestoreContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreAccountsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreClaimsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreClientsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreDeadContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreExternalIdsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreOutboxContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreMailStatesContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreSessionsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreRequestsContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreRetentionContract, PostgresDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreTextContract, PostgresDatabase);

class PostgresStoreTest : public StoreContract<PostgresDatabase> {
 protected:
  /// The transactions of the database that wait for a lock, as the server sees them.
  void wait_for_waiters(int count) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    const std::string question =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'";
    while (database_.sql(question) != std::to_string(count)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no connection waits";
    }
  }

  std::vector<std::string> claim_by(Store& store, std::size_t limit) {
    auto rows = store.claim_outbox({limit, "owner", kNoon, kNoon + minutes(1)});
    EXPECT_TRUE(rows) << rows.error().cause;
    return ids_of(*rows);
  }
};

TEST_F(PostgresStoreTest, R2_two_claimers_never_get_the_same_row_and_do_not_wait) {
  ASSERT_EQ(write({.outbox = {make_mail("a"), make_mail("b"), make_mail("c", kNoon - seconds(1)),
                              make_mail("d", kNoon - seconds(2))}}),
            "");
  auto other = open();
  ASSERT_TRUE(store_->begin());
  ASSERT_TRUE(other->begin());
  EXPECT_THAT(claim_by(*store_, 2), ElementsAre("d", "c"));
  EXPECT_THAT(claim_by(*other, 10), ElementsAre("a", "b"));
  ASSERT_TRUE(store_->commit());
  ASSERT_TRUE(other->commit());
  EXPECT_THAT(claim(kNoon), IsEmpty());
}

TEST_F(PostgresStoreTest, R2_many_claimers_share_all_rows_between_them) {
  WriteBatch batch;
  for (int i = 0; i < 2000; ++i) batch.outbox.push_back(make_mail(std::to_string(i)));
  ASSERT_EQ(write(batch), "");
  const auto take_all = [&] {
    auto store = open();
    std::vector<std::string> taken;
    for (int empty = 0; empty < 3;) {
      if (!store->begin()) break;
      const auto ids = claim_by(*store, 50);
      empty = ids.empty() ? empty + 1 : 0;
      taken.insert(taken.end(), ids.begin(), ids.end());
      if (!store->commit()) break;
    }
    return taken;
  };
  std::vector<std::future<std::vector<std::string>>> claimers;
  for (int i = 0; i < 4; ++i) claimers.push_back(std::async(std::launch::async, take_all));
  std::vector<std::string> all;
  for (auto& claimer : claimers) {
    const auto taken = claimer.get();
    all.insert(all.end(), taken.begin(), taken.end());
  }
  EXPECT_EQ(all.size(), 2000u);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end()) << "a row was claimed twice";
}

TEST_F(PostgresStoreTest, R2_out_of_order_commits_lose_nothing) {
  auto late = open();
  ASSERT_TRUE(late->begin());
  ASSERT_TRUE(late->write({.outbox = {make_mail("id-1", kNoon - seconds(9))}}));
  ASSERT_EQ(write({.outbox = {make_mail("id-2")}}), "");
  EXPECT_THAT(ids_of(claim(kNoon)), ElementsAre("id-2"));
  ASSERT_EQ(change({.done = {"id-2"}}), "");
  ASSERT_TRUE(late->commit());
  EXPECT_THAT(ids_of(claim(kNoon)), ElementsAre("id-1"));
}

TEST_F(PostgresStoreTest, T5_an_account_that_was_read_is_locked_until_the_commit) {
  ASSERT_EQ(write({.inserts = {make_account("anna")}}), "");
  auto other = open();
  ASSERT_TRUE(other->begin());
  auto seen = other->find_accounts(std::vector{by_key("anna")});
  ASSERT_TRUE(seen);
  auto second = std::async(std::launch::async, [&] { return find({by_id("anna")}); });
  wait_for_waiters(1);
  seen->at(0).credential_version = 2;
  ASSERT_TRUE(other->write({.updates = *seen}));
  ASSERT_TRUE(other->commit());
  EXPECT_EQ(second.get().at(0).credential_version, 2);
}

TEST_F(PostgresStoreTest, R12_an_address_that_two_take_at_once_is_a_conflict_for_the_second) {
  auto other = open();
  ASSERT_TRUE(other->begin());
  ASSERT_TRUE(other->write({.inserts = {make_account("anna")}}));
  auto second =
      std::async(std::launch::async, [&] { return write({.inserts = {make_account("anna")}}); });
  wait_for_waiters(1);
  ASSERT_TRUE(other->commit());
  EXPECT_EQ(second.get(), store_error::kConflict);
}

TEST_F(PostgresStoreTest, R12_batches_over_the_same_accounts_do_not_deadlock) {
  WriteBatch batch;
  std::vector<AccountRef> refs;
  for (int i = 0; i < 50; ++i) {
    batch.inserts.push_back(make_account(std::to_string(i)));
    refs.push_back(i % 2 == 0 ? by_key(std::to_string(i)) : by_id(std::to_string(i)));
  }
  ASSERT_EQ(write(batch), "");
  const auto run = [&](std::vector<AccountRef> order) -> std::string {
    auto store = open();
    for (int i = 0; i < 30; ++i) {
      if (auto begun = store->begin(); !begun) return begun.error().cause;
      auto found = store->find_accounts(order);
      if (!found) return found.error().cause;
      if (auto written = store->write({.updates = *found}); !written) return written.error().cause;
      if (auto committed = store->commit(); !committed) return committed.error().cause;
    }
    return "";
  };
  auto forwards = std::async(std::launch::async, run, refs);
  auto backwards =
      std::async(std::launch::async, run, std::vector<AccountRef>(refs.rbegin(), refs.rend()));
  EXPECT_EQ(forwards.get(), "");
  EXPECT_EQ(backwards.get(), "");
  EXPECT_EQ(find({by_key("7")}).at(0).revision, 61);
}

TEST_F(PostgresStoreTest, R12_a_connection_that_was_cut_while_idle_is_not_noticed_at_all) {
  ASSERT_EQ(write({.inserts = {make_account("anna")}}), "");
  for (int i = 0; i < 3; ++i) {
    database_.cut_connections();
    EXPECT_EQ(find({by_key("anna")}).size(), 1u);
  }
}

TEST_F(PostgresStoreTest, R12_a_transaction_that_was_cut_is_gone_and_the_next_one_works) {
  using Step = std::function<Status(Store&)>;
  const Step commit = [](Store& store) { return store.commit(); };
  const Step count = [](Store& store) -> Status {
    auto counted = store.count_outbox(1);
    return counted ? Status{} : Status{counted.error()};
  };
  for (const auto& step : {commit, count}) {
    ASSERT_TRUE(store_->begin());
    ASSERT_TRUE(store_->write({.inserts = {make_account("anna")}, .outbox = {make_mail("a")}}));
    database_.cut_connections();
    EXPECT_EQ(code_of(step(*store_)), store_error::kUnavailable);
    store_->rollback();
    EXPECT_TRUE(find({by_key("anna")}).empty());
  }
  EXPECT_EQ(write({.inserts = {make_account("anna")}, .outbox = {make_mail("a")}}), "");
}

TEST_F(PostgresStoreTest, R12_while_the_server_refuses_connections_begin_says_so) {
  const std::string alter = "ALTER DATABASE " + database_.name() + " ALLOW_CONNECTIONS ";
  database_.on_server(alter + "false");
  database_.cut_connections();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(code_of(store_->begin()), store_error::kUnavailable);
    store_->rollback();
  }
  database_.on_server(alter + "true");
  EXPECT_EQ(write({.inserts = {make_account("anna")}}), "");
}

TEST_F(PostgresStoreTest, a_commit_after_a_failure_is_not_reported_as_done) {
  ASSERT_EQ(write({.outbox = {make_mail("a")}}), "");
  ASSERT_TRUE(store_->begin());
  EXPECT_EQ(code_of(store_->write({.outbox = {make_mail("a")}})), store_error::kRejected);
  EXPECT_EQ(code_of(store_->commit()), store_error::kUnavailable);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStoreTest, R8_a_dead_letter_keeps_what_the_operator_needs) {
  ASSERT_EQ(write({.outbox = {make_mail("a")}, .audit = {make_entry("e")}}), "");
  claim(kNoon);
  EXPECT_EQ(database_.sql("SELECT lease_owner FROM outbox"), "owner");
  ASSERT_EQ(change({.dead = {{"a", {}, 3, "550 no such user"}}}), "");
  EXPECT_EQ(database_.sql("SELECT concat(reason, ' ', attempts, ' ', leased_until) FROM outbox"),
            "550 no such user 3 0");
  EXPECT_EQ(database_.sql("SELECT dead_at > 1700000000000 AND lease_owner IS NULL FROM outbox"),
            "t");
  EXPECT_EQ(database_.sql("SELECT account_id IS NULL FROM audit"), "t");
}

TEST_F(PostgresStoreTest, no_statement_reads_a_whole_table) {
  auto connection = PostgresConnection::open(database_.url());
  ASSERT_TRUE(connection);
  ASSERT_TRUE(connection->execute(settings_statement(SettingsScope::kSession)));
  ASSERT_TRUE(connection->execute("SET plan_cache_mode = force_generic_plan"));
  for (std::size_t id = 0; id < kPostgresSqlCount; ++id) {
    const auto& [name, text] = statement_of(static_cast<PostgresSql>(id));
    if (text.find(' ') == std::string::npos || text.starts_with("BEGIN")) continue;
    ASSERT_TRUE(connection->execute("PREPARE " + name + " AS " + text)) << text;
    int parameters = 0;
    while (text.find('$' + std::to_string(parameters + 1)) != std::string::npos) ++parameters;
    std::string nulls;
    for (int i = 0; i < parameters; ++i) nulls += i == 0 ? "(NULL" : ", NULL";
    if (parameters > 0) nulls += ')';
    auto plan = connection->execute("EXPLAIN EXECUTE " + name + nulls);
    ASSERT_TRUE(plan) << plan.error().cause;
    for (int row = 0; row < plan->rows(); ++row) {
      EXPECT_EQ(plan->text(row, 0).find("Seq Scan"), std::string::npos)
          << name << ": " << plan->text(row, 0);
    }
  }
}

TEST_F(PostgresStoreTest, X2_a_server_without_tls_gets_nothing_where_tls_is_asked_for) {
  for (const char* mode : {"require", "verify-ca", "verify-full"}) {
    const auto refused =
        open_store(database_.url_with("dbname=" + database_.name() + "&sslmode=" + mode));
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().code, store_error::kUnavailable);
  }
}

TEST_F(PostgresStoreTest, H5_no_error_shows_the_password) {
  const auto refused =
      open_store(database_.url_with("dbname=no_such_topsecret&password=topsecret"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause.find("topsecret"), std::string::npos) << refused.error().cause;
  EXPECT_NE(refused.error().cause.find("no_such_***"), std::string::npos);
}

TEST_F(PostgresStoreTest, R12_a_server_that_takes_no_writes_is_not_taken) {
  database_.sql("ALTER DATABASE " + database_.name() + " SET default_transaction_read_only = on");
  EXPECT_EQ(open_store(database_.url()).error().code, store_error::kUnavailable);
}

}  // namespace
}  // namespace postern
