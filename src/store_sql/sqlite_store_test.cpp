#include "store_sql/sqlite_store.hpp"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

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

namespace postern {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MigrateContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, RestoreContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreAccountsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreClaimsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreClientsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreDeadContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreExternalIdsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreOutboxContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreMailStatesContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreSessionsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreRequestsContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreRetentionContract, SqliteDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreTextContract, SqliteDatabase);

class SqliteStoreTest : public StoreContract<SqliteDatabase> {
 protected:
  /// The first column of the only row.
  std::string value(const std::string& sql) {
    auto db = SqliteConnection::open(database_.path(), SqliteConnection::Mode::kExisting);
    auto query = db->prepare(sql);
    EXPECT_TRUE(query) << query.error().cause;
    std::string text;
    query->each_row([&](const SqliteStatement& row) { text = row.text(0); });
    return text;
  }
};

/// Accounts with their mails and audit entries, all named after `name`.
WriteBatch make_units(const std::string& name, int count) {
  WriteBatch batch;
  for (int i = 0; i < count; ++i) {
    const std::string unit = name + '-' + std::to_string(i);
    batch.inserts.push_back(make_account(unit));
    batch.outbox.push_back(make_mail("mail-" + unit));
    batch.outbox.back().body = std::string(1000, 'x');
    batch.audit.push_back(make_entry("audit-" + unit));
  }
  return batch;
}

TEST_F(SqliteStoreTest, R1_commits_are_synced_to_the_disk) {
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value("PRAGMA synchronous"), "2") << "FULL";
  EXPECT_EQ(value("PRAGMA foreign_keys"), "1");
}

TEST_F(SqliteStoreTest, R8_a_dead_letter_keeps_what_the_operator_needs) {
  ASSERT_EQ(write({.outbox = {make_mail("a")}}), "");
  claim(kNoon);
  ASSERT_EQ(change({.dead = {{"a", {}, 3, "550 no such user"}}}), "");
  EXPECT_EQ(value("SELECT reason || ' ' || attempts || ' ' || leased_until FROM outbox"),
            "550 no such user 3 0");
  EXPECT_EQ(value("SELECT dead_at > 1700000000000 AND lease_owner IS NULL FROM outbox"), "1");
  EXPECT_EQ(value("SELECT account_id IS NULL FROM audit UNION ALL SELECT 'none'"), "none");
}

TEST_F(SqliteStoreTest, O3_only_the_owner_may_read_the_files) {
  ASSERT_EQ(write({.inserts = {make_account("anna")}}), "");
  for (const std::string name : {"", "-wal", "-shm"}) {
    struct stat file{};
    ASSERT_EQ(stat((database_.path() + name).c_str(), &file), 0) << name;
    EXPECT_EQ(file.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(SqliteStoreTest, a_missing_folder_is_made_for_the_owner_alone) {
  const std::string folder = database_.folder() + "/made/here";
  ASSERT_TRUE(migrate("sqlite://" + folder + "/x.db"));
  struct stat made{};
  ASSERT_EQ(stat(folder.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700u);
}

TEST_F(SqliteStoreTest, no_statement_reads_a_whole_table) {
  auto db = SqliteConnection::open(database_.path(), SqliteConnection::Mode::kExisting);
  for (std::size_t i = 0; i < kSqliteSqlCount; ++i) {
    const std::string sql = text_of(static_cast<SqliteSql>(i));
    auto plan = db->prepare("EXPLAIN QUERY PLAN " + sql);
    ASSERT_TRUE(plan) << sql;
    plan->each_row([&](const SqliteStatement& row) {
      const std::string step(row.text(3));
      // In order along an index, up to a limit; of signing keys and of clients there are a few.
      bool through_index = false;
      for (const char* index : {"outbox_waiting", "login_throttle_next", "signing_key_age",
                                "sqlite_autoindex_client_1"}) {
        through_index |= step.find(index) != std::string::npos;
      }
      EXPECT_TRUE(!step.starts_with("SCAN") || through_index || step.starts_with("SCAN (sub") ||
                  step == "SCAN CONSTANT ROW")
          << step << " in " << sql;
      EXPECT_FALSE(step.starts_with("USE TEMP B-TREE")) << step << " in " << sql;
    });
  }
}

TEST_F(SqliteStoreTest, a_second_writer_waits_for_the_first) {
  ASSERT_TRUE(store_->begin());
  ASSERT_TRUE(store_->write({.inserts = {make_account("anna")}}));
  std::string outcome = "waits";
  std::thread second([&] {
    auto other = open();
    outcome = code_of(other->begin());
    if (other->find_accounts(std::vector{by_key("anna")})->size() != 1) outcome = "saw nothing";
    other->rollback();
  });
  ASSERT_TRUE(store_->commit());
  second.join();
  EXPECT_EQ(outcome, "");
}

/// Writes units of work until it is killed, and says so after each commit.
[[noreturn]] void write_until_killed(const std::string& url, const std::string& name, int out) {
  auto store = open_store(url);
  for (int i = 0; store; ++i) {
    if (!(*store)->begin() || !(*store)->write(make_units(name + std::to_string(i), 5)) ||
        !(*store)->commit() || ::write(out, "x", 1) != 1) {
      break;
    }
  }
  _exit(1);
}

TEST_F(SqliteStoreTest, R1_SIGKILL_at_any_time_keeps_what_was_committed_and_nothing_by_halves) {
  store_.reset();
  std::int64_t committed = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) write_until_killed(database_.url(), std::to_string(round) + '-', ends[1]);
    close(ends[1]);
    char output[64];
    std::int64_t heard = 0;
    while (heard < 3 + round * 5) {
      const auto got = read(ends[0], output, sizeof(output));
      ASSERT_GT(got, 0) << "the child ended by itself";
      heard += got;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (auto got = read(ends[0], output, sizeof(output)); got > 0;
         got = read(ends[0], output, sizeof(output))) {
      heard += got;
    }
    close(ends[0]);
    committed += heard * 5;
    const auto accounts = std::stoll(value("SELECT count(*) FROM account"));
    EXPECT_GE(accounts, committed);
    EXPECT_EQ(accounts % 5, 0);
    EXPECT_EQ(value("SELECT count(*) FROM outbox"), std::to_string(accounts));
    EXPECT_EQ(value("SELECT count(*) FROM audit"), std::to_string(accounts));
    EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
    committed = accounts;
  }
}

/// Writes until the store refuses; the names of what was committed.
std::vector<std::string> fill(Store& store, Status& refused) {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "fill" + std::to_string(i);
    refused = store.begin();
    if (refused) refused = store.write(make_units(name, 20));
    if (refused) refused = store.commit();
    if (!refused) {
      store.rollback();
      return names;
    }
    names.push_back(name);
  }
  return names;
}

void expect_all_there(Store& store, const std::vector<std::string>& names) {
  ASSERT_TRUE(store.begin());
  for (const auto& name : names) {
    const auto found = store.find_accounts(std::vector{by_key(name + "-0"), by_key(name + "-19")});
    ASSERT_TRUE(found) << found.error().cause;
    EXPECT_EQ(found->size(), 2u) << name;
  }
  store.rollback();
}

TEST_F(SqliteStoreTest, R13_a_failing_disk_is_store_unavailable_and_recovers_by_itself) {
  struct sigaction before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &before);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit small{4 << 20, unlimited.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status refused;
  const auto names = fill(*store_, refused);
  const rlimit nothing{4096, unlimited.rlim_max};
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &nothing), 0);
  const std::string while_broken = write(make_units("broken", 50));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  sigaction(SIGXFSZ, &before, nullptr);

  EXPECT_EQ(code_of(refused), store_error::kUnavailable);
  EXPECT_EQ(while_broken, store_error::kUnavailable);
  EXPECT_EQ(write(make_units("after", 50)), "");
  EXPECT_GT(names.size(), 5u);
  expect_all_there(*store_, names);
}

/// A file system of four megabytes, seen by this process alone.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    mounted_ = (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
               mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST_F(SqliteStoreTest, R13_a_full_disk_is_store_unavailable_and_recovers_by_itself) {
  const std::string folder = database_.folder() + "/disk";
  std::filesystem::create_directory(folder);
  const SmallDisk disk(folder);
  ASSERT_TRUE(disk.mounted()) << "needs root or user namespaces: " << strerror(errno);
  const std::string ballast = folder + "/ballast";
  std::ofstream(ballast) << std::string(1 << 20, 'x');
  const std::string url = "sqlite://" + folder + "/postern.db";
  ASSERT_TRUE(migrate(url));
  auto opened = open_store(url);
  ASSERT_TRUE(opened);
  store_ = *std::move(opened);

  Status refused;
  const auto names = fill(*store_, refused);
  EXPECT_EQ(code_of(refused), store_error::kUnavailable);
  EXPECT_EQ(write(make_units("full", 50)), store_error::kUnavailable);
  std::filesystem::remove(ballast);
  EXPECT_EQ(write(make_units("after", 20)), "");
  EXPECT_GT(names.size(), 5u);
  expect_all_there(*store_, names);
  store_.reset();
}

}  // namespace
}  // namespace postern
