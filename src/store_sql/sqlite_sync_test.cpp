// When SQLite's store puts what it commits on the disk, and what becomes of it when the disk fails.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "contract/store_contract.hpp"

namespace {

std::atomic<int> syncs = 0;
std::atomic<bool> disk_fails = false;

}  // namespace

/// In place of the C library's, for SQLite too.
extern "C" [[gnu::visibility("default")]] int fdatasync(int file) {
  ++syncs;
  if (!disk_fails) return static_cast<int>(syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}

namespace postern {
namespace {

class SqliteSyncTest : public StoreContract<SqliteDatabase> {
 protected:
  // A log that is begun is synced once more, for its head.
  SqliteSyncTest() { EXPECT_EQ(add("first"), ""); }
  ~SqliteSyncTest() override { disk_fails = false; }

  std::string add(const std::string& name) { return write({.inserts = {make_account(name)}}); }

  bool has(const std::string& name) { return find({by_key(name)}).size() == 1; }

  int syncs_of_adding(const std::string& name) {
    const int before = syncs;
    EXPECT_EQ(add(name), "");
    return syncs - before;
  }

  int syncs_of_sync() {
    const int before = syncs;
    EXPECT_TRUE(store_->sync());
    return syncs - before;
  }
};

TEST_F(SqliteSyncTest, R1_a_commit_is_on_the_disk) {
  EXPECT_EQ(syncs_of_adding("anna"), 1);
  disk_fails = true;
  EXPECT_EQ(add("boris"), store_error::kUnavailable);
  disk_fails = false;
  EXPECT_FALSE(has("boris"));
  EXPECT_EQ(add("boris"), "");
}

TEST_F(SqliteSyncTest, R1_commits_that_run_ahead_are_on_the_disk_after_one_sync) {
  ASSERT_TRUE(store_->defer_sync());
  EXPECT_EQ(syncs_of_adding("anna"), 0);
  EXPECT_EQ(syncs_of_adding("boris"), 0);
  EXPECT_EQ(syncs_of_sync(), 1);
  EXPECT_EQ(syncs_of_sync(), 0) << "nothing was committed";
  EXPECT_TRUE(has("anna"));
  EXPECT_EQ(syncs_of_sync(), 0) << "nothing was written";
}

TEST_F(SqliteSyncTest, R13_after_a_failed_sync_nothing_goes_on_before_the_restart) {
  ASSERT_TRUE(store_->defer_sync());
  ASSERT_EQ(add("anna"), "");
  ASSERT_TRUE(store_->sync());
  ASSERT_EQ(add("boris"), "");
  disk_fails = true;
  EXPECT_FALSE(store_->sync());
  disk_fails = false;
  EXPECT_FALSE(store_->sync()) << "the kernel tells of a failure once";
  EXPECT_EQ(add("clara"), store_error::kUnavailable);

  store_->restart();
  EXPECT_EQ(add("clara"), "");
  EXPECT_EQ(syncs_of_sync(), 1) << "still ahead";
  EXPECT_TRUE(has("anna"));
  EXPECT_TRUE(has("clara"));
}

TEST_F(SqliteSyncTest, R13_a_restart_waits_for_the_disk) {
  ASSERT_TRUE(store_->defer_sync());
  ASSERT_EQ(add("anna"), "");
  disk_fails = true;
  EXPECT_FALSE(store_->sync());
  for (int i = 0; i < 3; ++i) {
    store_->restart();
    EXPECT_EQ(add("boris"), store_error::kUnavailable);
  }
  disk_fails = false;
  store_->restart();
  EXPECT_EQ(add("boris"), "");
  EXPECT_TRUE(store_->sync());
  store_.reset();
  store_ = open();
  EXPECT_TRUE(has("boris"));
}

}  // namespace
}  // namespace postern
