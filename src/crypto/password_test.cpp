#include "crypto/password.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <chrono>

#include "base/limits.hpp"

namespace postern {
namespace {

std::string normalised(std::string_view password) {
  const auto result = normalise_password(password);
  return result ? std::string(result->view()) : "error: " + result.error().reason;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// An encoded hash of `password` at any cost, made by the library itself.
std::string hash_at(std::string_view password, unsigned long long passes, std::size_t memory) {
  char encoded[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(encoded, password.data(), password.size(), passes, memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    ADD_FAILURE() << "no memory";
  }
  return encoded;
}

TEST(NormalisePassword, P3_one_text_has_one_form) {
  const std::pair<std::string, std::string> forms[] = {
      {"plain ascii", "plain ascii"},
      {"cafe\xcc\x81", "caf\xc3\xa9"},                  // combining accent
      {"\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\x91", "AB1"},  // full width
      {"\xef\xac\x81ne", "fine"},                       // ligature
      {"\xe2\x84\xab", "\xc3\x85"},                     // Angstrom sign
      {"x\xc2\xb2", "x2"},                              // superscript
      {"a\xc2\xa0"
       "b",
       "a b"},                                       // no-break space
      {"\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80"},  // Hangul
      {"\xc4\xb1\xd0\xb9", "\xc4\xb1\xd0\xb9"},      // no case folding
      {" spaces stay ", " spaces stay "}};
  for (const auto& [typed, form] : forms) {
    EXPECT_EQ(normalised(typed), form);
    EXPECT_EQ(normalised(form), form);
  }
  EXPECT_EQ(normalised(""), "");
}

TEST(NormalisePassword, P3_what_is_not_utf8_is_refused) {
  for (const char* bytes : {"\xff", "abc\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "abc\xe2\x82", "\xe0\x80\xaf"}) {
    const auto result = normalise_password(bytes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "weak_password");
    EXPECT_EQ(result.error().retry, Retry::kNever);
    EXPECT_EQ(result.error().reason, "not_text");
  }
}

TEST(NormalisePassword, K3_at_most_1024_bytes_before_and_after) {
  EXPECT_TRUE(normalise_password(std::string(1024, 'a')));
  EXPECT_EQ(normalised(std::string(1025, 'a')), "error: too_long");
  EXPECT_EQ(normalised(std::string(1 << 20, 'a')), "error: too_long");
  // U+FDFA: three bytes become 33.
  EXPECT_EQ(normalised(repeat("\xef\xb7\xba", 32)), "error: too_long");
  EXPECT_EQ(normalised(repeat("\xef\xb7\xba", 31)).size(), 31U * 33);
}

TEST(HashPassword, K1_is_argon2id_with_19_MiB_and_two_passes) {
  const auto first = hash_password("correct horse battery staple");
  const auto second = hash_password("correct horse battery staple");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *first;
  EXPECT_NE(*first, *second) << "the salt repeats";
  EXPECT_TRUE(verify_password(*first, "correct horse battery staple"));
  EXPECT_TRUE(verify_password(*second, "correct horse battery staple"));
  EXPECT_FALSE(verify_password(*first, "correct horse battery stapl"));
  EXPECT_FALSE(verify_password(*first, "Correct horse battery staple"));
  EXPECT_FALSE(verify_password(*first, ""));
}

TEST(HashPassword, P1_nothing_is_cut_off) {
  std::string longest(1024, 'a');
  longest.back() = 'b';
  const auto hash = hash_password(longest);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(verify_password(*hash, longest));
  EXPECT_FALSE(verify_password(*hash, std::string(1024, 'a')));
  const std::string with_nul("before\0after", 12);
  const auto nul_hash = hash_password(with_nul);
  ASSERT_TRUE(nul_hash);
  EXPECT_FALSE(verify_password(*nul_hash, "before"));
}

TEST(HashPassword, P3_every_form_of_one_password_opens) {
  const auto hash = hash_password(normalised("cafe\xcc\x81 au lait, s'il vous pla\xc3\xaet"));
  ASSERT_TRUE(hash);
  EXPECT_TRUE(verify_password(*hash, normalised("caf\xc3\xa9 au lait, s'il vous plai\xcc\x82t")));
}

TEST(HashPassword, K3_over_1024_bytes_nothing_is_hashed) {
  const std::string too_long(1025, 'a');
  const auto hash = hash_password(too_long);
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, "weak_password");
  EXPECT_EQ(hash.error().reason, "too_long");
  // The library itself would hash it, and find it right.
  EXPECT_FALSE(verify_password(hash_at(too_long, 2, 1 << 20), too_long));
}

TEST(VerifyPassword, K4_parameters_within_the_caps_are_paid_and_renewed) {
  constexpr std::size_t kMiB = 1024 * 1024;
  for (const auto& encoded : {hash_at("password", 1, 1 * kMiB), hash_at("password", 4, 38 * kMiB),
                              hash_at("password", 1, 39 * kMiB), hash_at("password", 5, 1 * kMiB),
                              hash_at("password", 1, 128 * kMiB)}) {
    EXPECT_TRUE(verify_password(encoded, "password")) << encoded;
    EXPECT_TRUE(needs_rehash(encoded)) << encoded;
  }
  EXPECT_FALSE(verify_password(hash_at("password", 1, 129 * kMiB), "password"));
  EXPECT_FALSE(needs_rehash(*hash_password("password")));
}

TEST(VerifyPassword, K4_a_planted_cost_is_not_paid) {
  const auto own = hash_password("password");
  ASSERT_TRUE(own);
  const std::string tail = own->substr(own->find('$', std::string("$argon2id$v=19$").size()));
  for (const char* parameters :
       {"m=4194304,t=2,p=1", "m=19456,t=4294967295,p=1", "m=19456,t=2,p=16777215",
        "m=99999999999999999999,t=2,p=1", "m=-1,t=2,p=1", "m=,t=2,p=1", "m=19456,t=2",
        "m=+8,t=1,p=1", "t=2,m=19456,p=1", "m=19456,t=2,p=1,x=1",
        "m=4294967295,t=4294967295,p=16777215"}) {
    const std::string planted = "$argon2id$v=19$" + std::string(parameters) + tail;
    EXPECT_FALSE(is_verifiable(planted)) << "refused before anything is hashed: " << planted;
    EXPECT_FALSE(verify_password(planted, "password"));
  }
}

TEST(VerifyPassword, K4_what_is_no_whole_hash_counts_for_nothing) {
  const auto own = hash_password("password");
  ASSERT_TRUE(own);
  std::string argon2i = *own, older = *own;
  argon2i.replace(0, 10, "$argon2i$");
  older.replace(older.find("v=19"), 4, "v=16");
  for (const std::string& encoded :
       {std::string(), std::string("$"), std::string("password"), argon2i, older,
        std::string("$2b$12$KIXQ4v1"), std::string("$argon2id$"), own->substr(0, own->size() - 2),
        *own + "x", *own + std::string(1, '\0'), " " + *own, *own + "\n",
        std::string(100'000, '$')}) {
    EXPECT_FALSE(verify_password(encoded, "password")) << encoded.substr(0, 100);
  }
}

}  // namespace
}  // namespace postern
