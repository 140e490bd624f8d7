#include "crypto/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <set>
#include <stdexcept>

namespace postern {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// Reads the raw bytes of an object, also after its end.
bool holds(const void* object, std::size_t size, std::string_view needle) {
  const std::string_view bytes(static_cast<const char*>(object), size);
  return bytes.find(needle) != std::string_view::npos;
}

// Strings of up to 15 bytes live inside the object: a move copies them and leaves the old ones.
TEST(Secret, O1_a_short_secret_leaves_no_copy_where_it_came_from) {
  std::string source = "hunter2!hunter2";
  Secret first(std::move(source));
  EXPECT_FALSE(holds(&source, sizeof source, "hunter2"));  // NOLINT: what is left behind
  EXPECT_EQ(first.view(), "hunter2!hunter2");

  Secret second(std::move(first));
  EXPECT_FALSE(holds(&first, sizeof first, "hunter2"));  // NOLINT
  Secret third;
  third = std::move(second);
  EXPECT_FALSE(holds(&second, sizeof second, "hunter2"));  // NOLINT
  EXPECT_EQ(third.view(), "hunter2!hunter2");
  EXPECT_TRUE(second.empty());  // NOLINT
}

TEST(Secret, O1_a_destroyed_secret_leaves_nothing_behind) {
  alignas(Secret) unsigned char room[sizeof(Secret)];
  auto* secret = new (room) Secret(std::string("hunter2!hunter2"));
  ASSERT_TRUE(holds(room, sizeof room, "hunter2"));
  secret->~Secret();
  EXPECT_FALSE(holds(room, sizeof room, "hunter2"));
}

TEST(Secret, O1_wiping_reaches_behind_the_end_of_a_shortened_string) {
  std::string bytes(100, 'x');
  const char* const data = bytes.data();
  bytes.resize(3);
  wipe(bytes);
  EXPECT_TRUE(bytes.empty());
  ASSERT_EQ(bytes.data(), data);
  EXPECT_EQ(std::count(data, data + 100, 'x'), 0);
}

TEST(Secret, copies_are_of_their_own) {
  Secret first(std::string("abc"));
  Secret second(first);
  first = Secret(std::string("something longer than a short string"));
  EXPECT_EQ(second.view(), "abc");
  second = first;
  EXPECT_EQ(second.view(), first.view());
  const Secret& same = second;
  second = same;
  EXPECT_EQ(second.view(), first.view());
}

TEST(EqualInConstantTime, compares_all_bytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(RandomBytes, never_repeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes(100'000).size(), 100'000U);
}

// RFC 5869, test case 3 (no salt, no info), its first 32 bytes.
TEST(DeriveKey, is_hkdf_sha256) {
  const Secret key = derive_key(Secret(std::string(22, '\x0b')), "");
  EXPECT_EQ(key.view(),
            from_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"));
}

TEST(DeriveKey, every_purpose_has_a_key_of_its_own) {
  const Secret secret(std::string("a secret key"));
  EXPECT_EQ(derive_key(secret, "mail-token").view().size(), 32U);
  EXPECT_EQ(derive_key(secret, "mail-token").view(), derive_key(secret, "mail-token").view());
  EXPECT_NE(derive_key(secret, "mail-token").view(), derive_key(secret, "mail-token-kid").view());
  EXPECT_NE(derive_key(secret, "mail-token").view(),
            derive_key(Secret(std::string("another key")), "mail-token").view());
}

TEST(DeriveKey, T1_an_empty_secret_is_refused) {
  EXPECT_THROW((void)derive_key(Secret(), "mail-token"), std::invalid_argument);
}

TEST(Sha256, gives_the_vector_of_fips_180) {
  EXPECT_EQ(sha256("abc"),
            from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

}  // namespace
}  // namespace postern
