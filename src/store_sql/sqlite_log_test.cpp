#include "store_sql/sqlite_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "contract/test_databases.hpp"

namespace postern {
namespace {

constexpr std::uintmax_t kPageBytes = 4096;
/// A page and its header in the log.
constexpr std::uintmax_t kFrameBytes = kPageBytes + 24;

class SqliteLogTest : public ::testing::Test {
 protected:
  void start(CheckpointPages pages) {
    auto opened = SqliteConnection::open(database_.path(), SqliteConnection::Mode::kCreate);
    ASSERT_TRUE(opened) << opened.error().cause;
    writer_ = *std::move(opened);
    ASSERT_TRUE(writer_->execute("CREATE TABLE filling (page BLOB)"));
    log_.emplace(database_.path(), *writer_, pages);
  }

  /// Ten pages to a commit, and a few that lead to them.
  void write_pages(int count) {
    for (int i = 0; i < count; i += 10) {
      const auto status = writer_->execute(
          "INSERT INTO filling WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n "
          "WHERE i < 10) SELECT randomblob(4000) FROM n");
      ASSERT_TRUE(status) << status.error().cause;
    }
  }

  std::uintmax_t bytes(const char* suffix) const {
    return std::filesystem::file_size(database_.path() + suffix);
  }

  bool database_reaches(std::uintmax_t wanted) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (bytes("") < wanted && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return bytes("") >= wanted;
  }

  SqliteDatabase database_;
  // Ends before the writer's connection.
  std::optional<SqliteConnection> writer_;
  std::optional<SqliteLog> log_;
};

TEST_F(SqliteLogTest, copies_the_log_although_the_writer_never_does) {
  start({50, 1'000'000});
  write_pages(20);
  EXPECT_LT(bytes(""), 10 * kPageBytes) << "less than a checkpoint's worth";
  write_pages(100);
  EXPECT_TRUE(database_reaches(30 * kPageBytes));
}

TEST_F(SqliteLogTest, the_log_begins_anew_under_load) {
  start({50, 200});
  write_pages(3000);
  EXPECT_LT(bytes("-wal"), 1000 * kFrameBytes);
  EXPECT_TRUE(database_reaches(2000 * kPageBytes));
}

TEST_F(SqliteLogTest, begins_again_after_the_log_has) {
  start({50, 1'000'000});
  write_pages(100);
  ASSERT_TRUE(database_reaches(30 * kPageBytes));
  ASSERT_TRUE(writer_->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  const auto before = bytes("");
  write_pages(100);
  EXPECT_TRUE(database_reaches(before + 30 * kPageBytes));
}

TEST_F(SqliteLogTest, a_file_that_cannot_be_opened_harms_no_commit) {
  start({50, 1'000'000});
  log_.emplace(database_.folder() + "/elsewhere.db", *writer_, CheckpointPages{50, 1'000'000});
  write_pages(120);
}

}  // namespace
}  // namespace postern
