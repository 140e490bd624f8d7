#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "crypto/breached_filter.hpp"
#include "crypto/breached_passwords.hpp"
#include "crypto/password.hpp"

namespace postern {
namespace {

class BreachedPasswordsTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  /// A filter of the passwords "breached 0", "breached 1" and so on.
  void write_filter(int count) {
    std::vector<Sha1> hashes;
    for (int i = 0; i < count; ++i) hashes.push_back(*sha1_of("breached " + std::to_string(i)));
    std::ranges::sort(hashes);
    auto writer = BreachedFilterWriter::create(path_, static_cast<std::uint64_t>(count));
    ASSERT_TRUE(writer);
    for (const auto& hash : hashes) ASSERT_TRUE(writer->add(hash));
    ASSERT_TRUE(writer->finish());
  }
  std::string read() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), std::ssize(bytes));
  }
  std::string fault() {
    const auto opened = BreachedPasswords::open(path_);
    return opened ? "" : opened.error().cause;
  }

  const std::string path_ = testing::TempDir() + "postern-breached-" +
                            testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(BreachedPasswordsTest, P2_every_hash_of_the_list_is_found) {
  for (const int count : {1, 255, 40'000}) {
    write_filter(count);
    const auto passwords = BreachedPasswords::open(path_);
    ASSERT_TRUE(passwords);
    EXPECT_EQ(passwords->size(), static_cast<std::uint64_t>(count));
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(passwords->contains("breached " + std::to_string(i))) << i << " of " << count;
    }
  }
}

TEST_F(BreachedPasswordsTest, P2_one_of_a_thousand_others_is_found_by_chance) {
  write_filter(40'000);
  const auto passwords = BreachedPasswords::open(path_);
  ASSERT_TRUE(passwords);
  int found = 0;
  for (int i = 0; i < 100'000; ++i) found += passwords->contains("other " + std::to_string(i));
  // About 78 entries in a bucket and 65 536 values of one: 119 are expected.
  EXPECT_GT(found, 60);
  EXPECT_LT(found, 200);
}

TEST_F(BreachedPasswordsTest, sha1_is_that_of_the_public_lists) {
  // FIPS 180-2, appendix A.1.
  const Sha1 abc{0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
  EXPECT_EQ(*sha1_of("abc"), abc);
}

TEST_F(BreachedPasswordsTest, a_list_out_of_order_is_refused_and_a_repeated_hash_counts_once) {
  auto writer = BreachedFilterWriter::create(path_, 10);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add(Sha1{2}));
  ASSERT_TRUE(writer->add(Sha1{2}));
  const auto added = writer->add(Sha1{1});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, "unsorted");
  EXPECT_EQ(writer->size(), 1U);
}

TEST_F(BreachedPasswordsTest, a_file_that_is_no_filter_is_refused) {
  EXPECT_EQ(fault(), "No such file or directory");
  write("");
  EXPECT_NE(fault(), "");
  write("no filter, but long enough for the header of one");
  EXPECT_NE(fault(), "");
  write_filter(100);
  const std::string whole = read();
  ASSERT_EQ(fault(), "");
  write(whole.substr(0, whole.size() - 1));
  EXPECT_NE(fault(), "");
  write(whole + '\0');
  EXPECT_NE(fault(), "");
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_NE(fault(), "");
}

TEST_F(BreachedPasswordsTest, a_damaged_file_is_read_within_its_bounds) {
  write_filter(1000);
  std::string bytes = read();
  for (std::size_t i = sizeof(breached_filter::Header); i < bytes.size(); ++i) bytes[i] = '\xFF';
  write(bytes);
  const auto passwords = BreachedPasswords::open(path_);
  ASSERT_TRUE(passwords);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(passwords->contains("breached " + std::to_string(i)));
  }
}

TEST_F(BreachedPasswordsTest, P2_a_password_in_the_filter_is_refused) {
  write_filter(3);
  const auto passwords = BreachedPasswords::open(path_);
  ASSERT_TRUE(passwords);
  EXPECT_TRUE(judge_password("breached 2", 8, {}).accepted);
  const auto verdict = judge_password("breached 2", 8, {}, &*passwords);
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(verdict.reason, "breached");
}

}  // namespace
}  // namespace postern
