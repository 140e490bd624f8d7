// What bringing the schema up to date must do, on every database.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "contract/test_databases.hpp"
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
    ASSERT_TRUE(session) << session.error().detail;
    ASSERT_TRUE((*session)->execute(sql));
  }

  Database database_;
};
TYPED_TEST_SUITE_P(MigrateContract);

TYPED_TEST_P(MigrateContract, an_empty_database_gets_all_and_then_nothing) {
  EXPECT_FALSE(*schema_is_current(this->url()));
  const auto first = migrate(this->url());
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_THAT(first->applied, testing::ElementsAreArray(this->all_names()));
  EXPECT_TRUE(*schema_is_current(this->url()));
  EXPECT_THAT(migrate(this->url())->applied, testing::IsEmpty());
}

TYPED_TEST_P(MigrateContract, what_is_missing_is_applied_and_nothing_else) {
  ASSERT_TRUE(migrate(this->url()));
  this->on_schema("DROP TABLE audit; DELETE FROM schema_migrations WHERE version = 3");
  EXPECT_FALSE(*schema_is_current(this->url()));
  const auto report = migrate(this->url());
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_THAT(report->applied, testing::ElementsAre("0003_audit"));
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
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_THAT(report->applied, testing::IsSupersetOf({"0002_outbox", "0003_audit"}));
  EXPECT_THAT(report->applied, testing::Not(testing::Contains("0001_accounts")));
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
    ASSERT_TRUE(report) << report.error().detail;
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
                            a_schema_newer_than_the_program_is_refused,
                            a_migration_that_fails_leaves_no_half,
                            two_at_once_apply_each_migration_once,
                            a_store_without_schema_is_refused);

}  // namespace postern
