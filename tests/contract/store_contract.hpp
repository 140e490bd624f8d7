// What every store must do, whichever database is under it: the fixture. The suites are in the
// store_*_contract.hpp beside it; each database instantiates all of them.
//
// Thread contract: one test, one thread.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "contract/test_databases.hpp"
#include "store/store.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/open_store.hpp"

namespace postern {

inline constexpr TimePoint kNoon = TimePoint(Duration(1'800'000'000'000));
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

inline Account make_account(const std::string& name) {
  Account account;
  account.id = "id-" + name;
  account.email = name + "@Example.org";
  account.email_key = name + "@example.org";
  account.locale = "en";
  account.created_at = kNoon;
  account.updated_at = kNoon + seconds(1);
  account.mail_windows = {{{kNoon + seconds(2), 3}, {kNoon + seconds(3), 4}}};
  account.recovery_sent_at = kNoon + seconds(4);
  account.already_registered_at = kNoon + seconds(5);
  return account;
}

inline OutboxRow make_mail(const std::string& id, TimePoint available_at = kNoon) {
  return {id,
          "confirm",
          R"({"v":1})",
          "00-trace",
          kNoon,
          available_at,
          0,
          "id-anna",
          "account.registered",
          R"({"v":1,"type":"account.registered"})"};
}

inline AuditEntry make_entry(const std::string& id) {
  return {id, kNoon, "register", "mail:confirm", "", "request"};
}

inline AccountRef by_key(const std::string& name) {
  return {AccountRef::By::kEmailKey, name + "@example.org"};
}

inline AccountRef by_id(const std::string& name) { return {AccountRef::By::kId, "id-" + name}; }

/// "" for success.
inline std::string code_of(const Status& status) { return status ? "" : status.error().code; }

inline std::vector<std::string> ids_of(const std::vector<OutboxRow>& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

template <class Database>
class StoreContract : public testing::Test {
 protected:
  StoreContract() {
    if constexpr (!is_fake()) {
      const auto report = migrate(database_.url());
      if (!report) throw std::runtime_error(report.error().cause);
    }
    store_ = open();
  }

  /// A fake opens itself, where a database has a URL and a schema.
  static constexpr bool is_fake() {
    return requires(Database& database) { database.open(); };
  }

  std::unique_ptr<Store> open() {
    if constexpr (is_fake())
      return database_.open();
    else
      return open_by_url();
  }

  std::unique_ptr<Store> open_by_url() {
    auto opened = open_store(database_.url());
    if (!opened) throw std::runtime_error(opened.error().cause);
    return *std::move(opened);
  }

  /// One transaction around `work`; rolled back when it fails.
  template <class Work>
  std::string transact(Work work) {
    if (auto begun = store_->begin(); !begun) return code_of(begun);
    const Status status = work(*store_);
    if (!status) {
      store_->rollback();
      return code_of(status);
    }
    return code_of(store_->commit());
  }

  std::string write(const WriteBatch& batch) {
    return transact([&](Store& store) { return store.write(batch); });
  }

  std::string change(const OutboxChanges& changes) {
    return transact([&](Store& store) { return store.change_outbox(changes); });
  }

  std::vector<Account> find(const std::vector<AccountRef>& refs) {
    std::vector<Account> accounts;
    EXPECT_EQ(transact([&](Store& store) -> Status {
                auto found = store.find_accounts(refs);
                if (!found) return found.error();
                accounts = *std::move(found);
                return {};
              }),
              "");
    return accounts;
  }

  std::vector<OutboxRow> claim(TimePoint now, std::size_t limit = 100) {
    std::vector<OutboxRow> rows;
    EXPECT_EQ(transact([&](Store& store) -> Status {
                auto claimed = store.claim_outbox({limit, "owner", now, now + minutes(1)});
                if (!claimed) return claimed.error();
                rows = *std::move(claimed);
                return {};
              }),
              "");
    return rows;
  }

  std::int64_t count(std::int64_t cap = 1000) {
    std::int64_t rows = -1;
    EXPECT_EQ(transact([&](Store& store) -> Status {
                auto counted = store.count_outbox(cap);
                if (!counted) return counted.error();
                rows = *counted;
                return {};
              }),
              "");
    return rows;
  }

  Database database_;
  std::unique_ptr<Store> store_;
};

}  // namespace postern
