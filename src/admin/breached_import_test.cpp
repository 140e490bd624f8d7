#include "admin/breached_import.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "crypto/breached_passwords.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

// Of "P@ssw0rd", "abc" and "password", in the order of their hashes.
constexpr const char* kPassw0rd = "21BD12DC183F740EE76F27B78EB39C8AD972A757";
constexpr const char* kPassword = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
constexpr const char* kAbc = "A9993E364706816ABA3E25717850C26C9CD0D89D";

class BreachedImport : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "ranges");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  Result<std::uint64_t> build(const std::string& list, std::uint64_t least_count = 1) {
    return build_breached_filter({list, filter_, least_count});
  }
  bool contains(const char* password) {
    const auto passwords = BreachedPasswords::open(filter_);
    return passwords && passwords->contains(password);
  }
  std::string fault(const std::string& text) {
    const auto built = build(write("list", text));
    EXPECT_FALSE(fs::exists(filter_ + ".new"));
    return built ? "" : built.error().text;
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "postern-breached-import";
  const std::string filter_ = (folder_ / "filter").string();
};

TEST_F(BreachedImport, a_file_with_counts_and_without_in_any_case_and_line_ends) {
  const auto list = write("list", std::string(kPassw0rd) + ":52579\r\n" + kPassword + "\n" +
                                      "a9993e364706816aba3e25717850c26c9cd0d89d:1");
  const auto built = build(list);
  ASSERT_TRUE(built) << built.error().text;
  EXPECT_EQ(*built, 3U);
  for (const char* password : {"P@ssw0rd", "password", "abc"}) EXPECT_TRUE(contains(password));
  EXPECT_FALSE(contains("another one"));
}

TEST_F(BreachedImport, a_folder_of_ranges) {
  write("ranges/A9993.txt", std::string(kAbc + 5) + ":7\n");
  write("ranges/5baa6",
        std::string("0000000000000000000000000000000000F:0\n") + (kPassword + 5) + ":3861493\n");
  write("ranges/README.md", "not a range\n");
  const auto built = build((folder_ / "ranges").string());
  ASSERT_TRUE(built) << built.error().text;
  EXPECT_EQ(*built, 2U) << "padding is no password";
  EXPECT_TRUE(contains("password"));
  EXPECT_TRUE(contains("abc"));
}

TEST_F(BreachedImport, rare_passwords_are_left_out) {
  const auto list =
      write("list", std::string(kPassw0rd) + ":9\n" + kPassword + ":10\n" + kAbc + ":11\n");
  const auto built = build(list, 10);
  ASSERT_TRUE(built) << built.error().text;
  EXPECT_EQ(*built, 2U);
  EXPECT_FALSE(contains("P@ssw0rd"));
}

TEST_F(BreachedImport, what_is_no_list_is_named_with_its_line) {
  const std::string good = std::string(kPassword) + ":1\n";
  EXPECT_NE(fault(good + "hunter2\n").find("line 2 is no SHA-1 with a count"), std::string::npos);
  EXPECT_NE(fault(good + kAbc + ":\n").find("line 2 is no"), std::string::npos);
  EXPECT_NE(fault(good + kAbc + ":1x\n").find("line 2 is no"), std::string::npos);
  EXPECT_NE(fault(good + kAbc + "0:1\n").find("line 2 is no"), std::string::npos);
  // NTLM, the other public list.
  EXPECT_NE(fault("8846F7EAEE8FB117AD06BDD830B7586C:1\n").find("line 1 is no"), std::string::npos);
  EXPECT_NE(fault(good + kPassw0rd + ":1\n").find("line 2 is not in order"), std::string::npos);
  EXPECT_NE(fault("").find("has no hash"), std::string::npos);
  EXPECT_NE(build("/nowhere/list").error().text.find("cannot be read"), std::string::npos);
}

TEST_F(BreachedImport, a_failed_build_keeps_the_former_filter) {
  ASSERT_TRUE(build(write("list", std::string(kAbc) + "\n")));
  EXPECT_NE(fault("nonsense\n"), "");
  EXPECT_TRUE(contains("abc"));
}

}  // namespace
}  // namespace postern
