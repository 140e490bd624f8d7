#include "crypto/hash_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "crypto/password.hpp"

namespace postern {
namespace {

constexpr std::size_t kHashBytes = 19 * 1024 * 1024;

void* map(std::size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

std::size_t resident_pages(void* memory, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / static_cast<std::size_t>(getpagesize()));
  if (mincore(memory, bytes, pages.data()) != 0) return 0;
  return static_cast<std::size_t>(
      std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return page & 1; }));
}

class HashMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HashMemory::is_supported()) GTEST_SKIP() << "a sanitizer has mmap to itself";
  }
};

TEST_F(HashMemoryTest, K2_lends_the_same_memory_again_and_wiped) {
  HashMemory kept;
  auto* const first = static_cast<char*>(map(kHashBytes));
  ASSERT_NE(first, MAP_FAILED);
  std::fill(first, first + kHashBytes, 'x');
  ASSERT_EQ(munmap(first, kHashBytes), 0);
  auto* const second = static_cast<char*>(map(kHashBytes));
  EXPECT_EQ(second, first);
  EXPECT_TRUE(std::all_of(second, second + kHashBytes, [](char c) { return c == 0; }));
  EXPECT_EQ(munmap(second, kHashBytes), 0);
}

TEST_F(HashMemoryTest, lends_to_its_own_thread_and_once_at_a_time) {
  HashMemory kept;
  void* const first = map(kHashBytes);
  void* const second = map(kHashBytes);
  EXPECT_NE(second, first);
  EXPECT_EQ(munmap(second, kHashBytes), 0);
  EXPECT_EQ(munmap(first, kHashBytes), 0);
  std::thread([&] {
    void* const other = map(kHashBytes);
    EXPECT_NE(other, first);
    EXPECT_EQ(munmap(other, kHashBytes), 0);
  }).join();
}

TEST_F(HashMemoryTest, leaves_every_other_mapping_to_the_kernel) {
  HashMemory kept;
  void* const lent = map(kHashBytes);
  munmap(lent, kHashBytes);
  for (const std::size_t bytes :
       {std::size_t{4096}, HashMemory::kLeastBytes - 4096, HashMemory::kBytes + 4096}) {
    void* const other = map(bytes);
    ASSERT_NE(other, MAP_FAILED);
    EXPECT_NE(other, lent);
    EXPECT_EQ(munmap(other, bytes), 0);
  }
  void* const shared =
      mmap(nullptr, kHashBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(shared, lent);
  EXPECT_EQ(munmap(shared, kHashBytes), 0);
  errno = 0;
  EXPECT_EQ(mmap(nullptr, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(HashMemoryTest, K2_gives_its_pages_back) {
  HashMemory kept;
  auto* const memory = static_cast<char*>(map(kHashBytes));
  std::fill(memory, memory + kHashBytes, 'x');
  munmap(memory, kHashBytes);
  EXPECT_GT(resident_pages(memory, kHashBytes), 0U);
  kept.release();
  EXPECT_EQ(resident_pages(memory, kHashBytes), 0U);
}

// libsodium itself must come by here: after a hash the kept pages are there.
TEST_F(HashMemoryTest, K1_hashes_are_the_same_with_it_and_without) {
  const auto without = hash_password("a password");
  HashMemory kept;
  void* const memory = map(kHashBytes);
  munmap(memory, kHashBytes);
  kept.release();
  ASSERT_TRUE(without);
  EXPECT_TRUE(verify_password(*without, "a password"));
  EXPECT_GT(resident_pages(memory, kHashBytes), 0U) << "the library has its memory from elsewhere";
  EXPECT_FALSE(verify_password(*without, "another password"));
  const auto with = hash_password("a password");
  ASSERT_TRUE(with);
  std::thread([&] { EXPECT_TRUE(verify_password(*with, "a password")); }).join();
}

}  // namespace
}  // namespace postern
