// What bringing the schema up to date must do, on every database.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "contract/test_databases.hpp"
#include "store/external_id_store.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/migrations.hpp"
#include "store_sql/open_store.hpp"
#include "store_sql/schema_session.hpp"

namespace postern {

template <class Database>
class MigrateContract : public testing::Test {
 protected:
  std::string url() const { return database_.url(); }

  std::vector<std::string> all_names() const {
    std::vector<std::string> names;
    for (const auto& migration : migrations_for(parse_database_url(url())->kind)) {
      names.push_back(migration.name);
    }
    return names;
  }

  void on_schema(const std::string& sql) {
    auto session = open_schema_session(*parse_database_url(url()), SchemaSession::Mode::kMigrate);
    ASSERT_TRUE(session) << session.error().cause;
    ASSERT_TRUE((*session)->execute(sql));
  }

  Database database_;
};
TYPED_TEST_SUITE_P(MigrateContract);

TYPED_TEST_P(MigrateContract, an_empty_database_gets_all_and_then_nothing) {
  EXPECT_FALSE(*schema_is_current(this->url()));
  const auto first = migrate(this->url());
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_THAT(first->applied, testing::ElementsAreArray(this->all_names()));
  EXPECT_TRUE(*schema_is_current(this->url()));
  EXPECT_THAT(migrate(this->url())->applied, testing::IsEmpty());
}

TYPED_TEST_P(MigrateContract, what_is_missing_is_applied_and_nothing_else) {
  ASSERT_TRUE(migrate(this->url()));
  this->on_schema("DROP TABLE audit; DELETE FROM schema_migrations WHERE version = 3");
  EXPECT_FALSE(*schema_is_current(this->url()));
  const auto report = migrate(this->url());
  ASSERT_TRUE(report) << report.error().cause;
  EXPECT_THAT(report->applied, testing::ElementsAre("0003_audit"));
}

TYPED_TEST_P(MigrateContract, T12_third_party_ids_become_external_ids_in_every_table) {
  ASSERT_TRUE(migrate(this->url()));
  const std::string ours = "019aa0c4-7c1b-7def-8123-456789abcdef";
  this->on_schema(
      "DROP TABLE account_external_id;"
      " DELETE FROM schema_migrations WHERE version = 20");
  const std::string columns =
      "INSERT INTO account (id, email, email_key, state, password_hash, credential_version,"
      " locale, created_at, updated_at, mail_window_started_at, mail_window_count, revision) ";
  for (const auto& id : {std::string("42"), std::string("019AA0C4-7C1B-7DEF-8123-456789ABCDEF"),
                         std::string("------------------------------------"), ours}) {
    this->on_schema(columns + "VALUES ('" + id + "', 'a@b.c', 'key of " + id +
                    "', 'confirmed', 'hash', 1, 'en', 1735689600000, 1, 0, 0, 1)");
  }
  this->on_schema(
      "INSERT INTO mail_state (account_id, mail_id, kind, state, changed_at) VALUES"
      " ('42', 'mail-1', 'confirm', 'sent', 1), ('" +
      ours +
      "', 'mail-2', 'confirm', 'sent', 1);"
      " INSERT INTO outbox (id, kind, created_at, available_at, traceparent, body, account_id)"
      " VALUES ('mail-3', 'confirm', 1, 1, '', '{\"v\":1,\"account_id\":\"42\",\"x\":\"42\"}',"
      " '42')");
  ASSERT_TRUE(migrate(this->url()));
  auto opened = open_store(this->url());
  ASSERT_TRUE(opened) << opened.error().cause;
  Store& store = **opened;
  ASSERT_TRUE(store.begin());
  const auto accounts = store.list_accounts({"", {}, 10});
  ASSERT_TRUE(accounts);
  ASSERT_EQ(accounts->size(), 4u);
  for (const auto& account : *accounts) {
    EXPECT_TRUE(is_id(account.id)) << account.id;
    const std::string was = account.email_key.substr(std::string("key of ").size());
    const auto kept = (*external_ids(store))->find_external_ids(std::span(&was, 1));
    ASSERT_TRUE(kept);
    if (was == ours) {
      EXPECT_EQ(account.id, ours);
      EXPECT_TRUE(kept->empty());
      EXPECT_EQ(store.find_mail_states(account.id, 9)->size(), 1u);
      continue;
    }
    ASSERT_EQ(kept->size(), 1u) << was;
    EXPECT_EQ(kept->front().account_id, account.id);
    // Sorted by age, as every id is.
    EXPECT_EQ(account.id.substr(0, 13), id_bound(account.created_at));
    if (was != "42") continue;
    EXPECT_EQ(store.find_mail_states(account.id, 9)->size(), 1u);
    const auto rows =
        store.claim_outbox({9, "owner", TimePoint(Duration(5)), TimePoint(Duration(9))});
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().account_id, account.id);
    EXPECT_EQ(rows->front().body, "{\"v\":1,\"account_id\":\"" + account.id + "\",\"x\":\"42\"}");
  }
}

TYPED_TEST_P(MigrateContract, a_schema_newer_than_the_program_is_refused) {
  ASSERT_TRUE(migrate(this->url()));
  this->on_schema("INSERT INTO schema_migrations (version, applied_at) VALUES (999, 0)");
  const auto current = schema_is_current(this->url());
  ASSERT_FALSE(current);
  EXPECT_EQ(current.error().code, "schema_newer");
  EXPECT_EQ(current.error().retry, Retry::kNever);
  EXPECT_EQ(migrate(this->url()).error().code, "schema_newer");
}

TYPED_TEST_P(MigrateContract, a_migration_that_fails_leaves_no_half) {
  // The table of the second migration is in the way.
  this->on_schema("CREATE TABLE outbox (id INTEGER)");
  EXPECT_FALSE(migrate(this->url()));
  EXPECT_FALSE(*schema_is_current(this->url()));
  this->on_schema("DROP TABLE outbox");
  const auto report = migrate(this->url());
  ASSERT_TRUE(report) << report.error().cause;
  auto rest = this->all_names();
  rest.erase(rest.begin());
  EXPECT_EQ(report->applied, rest);
}

TYPED_TEST_P(MigrateContract, two_at_once_apply_each_migration_once) {
  constexpr std::size_t kAtOnce = 4;
  std::vector<Result<MigrationReport>> reports(kAtOnce, MigrationReport{});
  std::vector<std::thread> threads;
  for (auto& report : reports) {
    threads.emplace_back([&] { report = migrate(this->url()); });
  }
  for (auto& thread : threads) thread.join();
  std::vector<std::string> applied;
  for (const auto& report : reports) {
    ASSERT_TRUE(report) << report.error().cause;
    applied.insert(applied.end(), report->applied.begin(), report->applied.end());
  }
  EXPECT_THAT(applied, testing::UnorderedElementsAreArray(this->all_names()));
}

TYPED_TEST_P(MigrateContract, a_store_without_schema_is_refused) {
  EXPECT_EQ(open_store(this->url()).error().code, store_error::kUnavailable);
  this->on_schema("CREATE TABLE unrelated (id INTEGER)");
  EXPECT_EQ(open_store(this->url()).error().code, store_error::kUnavailable);
}

REGISTER_TYPED_TEST_SUITE_P(MigrateContract, an_empty_database_gets_all_and_then_nothing,
                            what_is_missing_is_applied_and_nothing_else,
                            T12_third_party_ids_become_external_ids_in_every_table,
                            a_schema_newer_than_the_program_is_refused,
                            a_migration_that_fails_leaves_no_half,
                            two_at_once_apply_each_migration_once,
                            a_store_without_schema_is_refused);

}  // namespace postern
