#include "crypto/imported_hash.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <vector>

#include "base/hash_limits.hpp"
#include "crypto/hash_fields.hpp"
#include "crypto/password.hpp"

namespace postern {
namespace {

struct Sample {
  std::string source, password, encoded;
};

/// Made by other implementations, or published with the function.
std::vector<Sample> samples() {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/corpus/password_hashes.tsv");
  std::vector<Sample> all;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const auto fields = split_fields(line, '\t');
    if (fields.size() == 3) {
      all.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[2])});
    }
  }
  return all;
}

TEST(ImportedHash, I2_hashes_of_other_implementations_are_verified) {
  const auto all = samples();
  ASSERT_GE(all.size(), 30U);
  for (const auto& [source, password, encoded] : all) {
    EXPECT_TRUE(is_usable_hash(encoded)) << source << " " << encoded;
    EXPECT_TRUE(is_verifiable(encoded)) << source;
    EXPECT_TRUE(verify_password(encoded, password)) << source << " " << encoded;
    EXPECT_TRUE(needs_rehash(encoded)) << source << " " << encoded;
  }
}

TEST(ImportedHash, I2_no_other_password_opens) {
  std::set<std::string> seen;
  for (const auto& [source, password, encoded] : samples()) {
    // One of each form: the others take the same way.
    if (!seen.insert(encoded.substr(0, 8)).second) continue;
    EXPECT_FALSE(verify_password(encoded, password + "x")) << encoded;
    EXPECT_FALSE(verify_password(encoded, "")) << encoded;
    EXPECT_FALSE(verify_password(encoded, password + std::string("\0x", 2))) << encoded;
  }
}

TEST(ImportedHash, I2_a_changed_digest_opens_nothing) {
  std::set<std::string> seen;
  for (const auto& [source, password, encoded] : samples()) {
    if (!seen.insert(encoded.substr(0, 8)).second) continue;
    std::string changed = encoded;
    // Far enough from the end for every bit to count.
    char& digit = changed[changed.size() - 8];
    digit = digit == '1' ? '2' : '1';
    EXPECT_FALSE(verify_password(changed, password)) << changed;
  }
}

TEST(ImportedHash, K4_what_is_over_a_cap_is_unusable_and_not_paid) {
  const std::string tail = "$c2FsdHNhbHRzYWx0$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";
  const std::string salt22 = "abcdefghijklmnopqrstuu";
  const std::string digest31(31, 'a');
  const std::string hex(128, 'a');
  const std::string b64(88, 'A');
  ASSERT_TRUE(is_usable_hash("$argon2id$v=19$m=65536,t=3,p=4" + tail));
  ASSERT_TRUE(is_usable_hash("$argon2id$v=19$m=131072,t=4,p=1" + tail));
  ASSERT_TRUE(is_usable_hash("$2b$14$" + salt22 + digest31));
  ASSERT_TRUE(is_usable_hash("scrypt:131072:8:1$salt$" + hex));
  for (const std::string& encoded : {
           "$argon2id$v=19$m=131073,t=1,p=1" + tail,
           "$argon2id$v=19$m=131072,t=5,p=1" + tail,
           "$argon2id$v=19$m=4194304,t=2,p=1" + tail,
           "$argon2id$v=19$m=8,t=4294967295,p=1" + tail,
           "$argon2id$v=19$m=65536,t=1,p=17" + tail,
           "$argon2id$v=19$m=64,t=1,p=16" + tail,
           "$argon2id$v=19$m=0,t=0,p=0" + tail,
           "$argon2id$v=18$m=65536,t=3,p=4" + tail,
           "$argon2id$v=19$m=65536,t=3,p=4,data=AA" + tail,
           "$2b$15$" + salt22 + digest31,
           "$2b$31$" + salt22 + digest31,
           "$2b$03$" + salt22 + digest31,
           "$2x$10$" + salt22 + digest31,
           "scrypt:262144:8:1$salt$" + hex,
           "scrypt:131072:16:1$salt$" + hex,
           "scrypt:131072:8:9$salt$" + hex,
           "scrypt:4294967295:8:1$salt$" + hex,
           "scrypt:32767:8:1$salt$" + hex,
           "scrypt:0:8:1$salt$" + hex,
           "scrypt:2:4294967295:4294967295$salt$" + hex,
           "scrypt$16384$salt$8$18446744073709551615$" + b64,
           "$scrypt$ln=63,r=8,p=1" + tail,
           "$7$zU..../....salt$" + std::string(43, 'a'),
           "pbkdf2_sha256$2000001$salt$" + b64,
           "pbkdf2_sha256$0$salt$" + b64,
           "pbkdf2_sha256$-1$salt$" + b64,
           "pbkdf2_md5$1000$salt$" + b64,
           "$6$rounds=1000001$salt$" + std::string(86, 'a'),
           "$6$rounds=999$salt$" + std::string(86, 'a'),
           "$firebase-scrypt$ln=30,r=8$" + b64 + "$Bw==$c2FsdA==$" + b64,
       }) {
    EXPECT_FALSE(is_usable_hash(encoded)) << encoded;
    EXPECT_FALSE(is_verifiable(encoded)) << encoded;
    EXPECT_FALSE(verify_password(encoded, "password")) << encoded;
  }
}

TEST(ImportedHash, K4_what_is_no_hash_is_unusable) {
  for (const std::string& encoded : {std::string(),
                                     std::string("$"),
                                     std::string("$$$$"),
                                     std::string("plain"),
                                     std::string("$1$abc$def"),
                                     std::string("$y$j9T$abc$def"),
                                     std::string("$argon2id$"),
                                     std::string("$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ"),
                                     std::string("$2b$12$short"),
                                     std::string("bcrypt$"),
                                     "bcrypt$b$2$04$" + std::string(53, 'a'),
                                     "bcrypt$$5$$04$" + std::string(53, 'a'),
                                     std::string("scrypt:"),
                                     std::string("scrypt$"),
                                     std::string("$scrypt$"),
                                     std::string("$6$"),
                                     std::string("$7$"),
                                     std::string("pbkdf2_"),
                                     std::string("$pbkdf2"),
                                     std::string("pbkdf2:"),
                                     std::string("$firebase-scrypt$"),
                                     std::string("5f4dcc3b5aa765d61d8327deb882cf99"),
                                     std::string("{SSHA}abc"),
                                     std::string("$2b$10$" + std::string(53, '\n')),
                                     std::string(100'000, '$'),
                                     "$2b$10$" + std::string(52, 'a') + std::string(1, '\0'),
                                     "!" + std::string(60, 'a'),
                                     "pbkdf2_sha256$1000$salt$" + std::string(400, 'A')}) {
    EXPECT_FALSE(is_usable_hash(encoded)) << encoded.substr(0, 80);
    EXPECT_FALSE(verify_password(encoded, "password")) << encoded.substr(0, 80);
  }
  // Every beginning of a whole one.
  for (const auto& [source, password, encoded] : samples()) {
    for (std::size_t size = 0; size + 30 < encoded.size(); ++size) {
      (void)is_usable_hash(encoded.substr(0, size));
    }
    EXPECT_FALSE(is_usable_hash(encoded + "$")) << encoded;
    EXPECT_FALSE(is_usable_hash(" " + encoded)) << encoded;
    EXPECT_FALSE(is_usable_hash(encoded + "\n")) << encoded;
  }
}

TEST(HashFields, numbers_and_encodings_are_read_strictly) {
  EXPECT_EQ(decimal("0"), 0U);
  EXPECT_EQ(decimal("4294967295"), 4294967295U);
  for (const auto* text : {"", "4294967296", "-1", "+1", "01", "1 ", "0x1", "1e3"}) {
    EXPECT_FALSE(decimal(text)) << text;
  }
  EXPECT_EQ(decode_base64("AA"), std::string(1, '\0'));
  EXPECT_EQ(decode_base64("AA=="), std::string(1, '\0'));
  EXPECT_EQ(decode_base64("..//"), decode_base64("++//"));
  for (const auto* text : {"", "A", "A===", "AA=", "AAAA=", "A-", "AA AA", "===="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
  EXPECT_EQ(decode_hex("00fF"), std::string("\0\xff", 2));
  for (const auto* text : {"", "0", "0g", "000"}) EXPECT_FALSE(decode_hex(text)) << text;
}

}  // namespace
}  // namespace postern
