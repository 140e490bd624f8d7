#include "http/work_proof.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "base/connection_limits.hpp"

namespace postern {
namespace {

constexpr unsigned kBits = 8;
constexpr WorkProofs::Time kNow{std::chrono::seconds(1'795'361'400)};
const IpAddress kClient = *IpAddress::parse("192.0.2.7");

Secret key(char byte = 'k') { return Secret(std::string(32, byte)); }

bool has_zero_bits(const std::string& proof) { return sha256(proof)[0] == '\0'; }

/// The first number from `number` on that proves the work, or that does not.
std::string search(const std::string& challenge, bool proves = true, int number = 0) {
  for (;; ++number) {
    std::string proof = challenge + "." + std::to_string(number);
    if (has_zero_bits(proof) == proves) return proof;
  }
}

TEST(WorkProofs, L6_a_proof_is_good_for_a_few_requests) {
  WorkProofs proofs(key(), kBits);
  const auto proof = search(proofs.challenge(kClient, kNow));
  for (unsigned i = 0; i < limits::kWorkUses; ++i) EXPECT_TRUE(proofs.accept(proof, kClient, kNow));
  EXPECT_FALSE(proofs.accept(proof, kClient, kNow));
  // Another number for the same challenge is no other proof.
  const int next = std::stoi(proof.substr(proof.find('.') + 1)) + 1;
  const auto other = search(proof.substr(0, proof.find('.')), true, next);
  EXPECT_FALSE(proofs.accept(other, kClient, kNow));
  EXPECT_TRUE(proofs.accept(search(proofs.challenge(kClient, kNow)), kClient, kNow));
}

TEST(WorkProofs, L6_the_work_must_have_been_done) {
  WorkProofs proofs(key(), kBits);
  EXPECT_FALSE(proofs.accept(search(proofs.challenge(kClient, kNow), false), kClient, kNow));
}

TEST(WorkProofs, L4_it_belongs_to_the_network_that_was_asked) {
  WorkProofs proofs(key(), kBits);
  const auto proof = search(proofs.challenge(kClient, kNow));
  EXPECT_FALSE(proofs.accept(proof, *IpAddress::parse("192.0.2.8"), kNow));
  const auto v6 = search(proofs.challenge(*IpAddress::parse("2001:db8::1"), kNow));
  EXPECT_TRUE(proofs.accept(v6, *IpAddress::parse("2001:db8::2"), kNow));
  EXPECT_FALSE(proofs.accept(v6, *IpAddress::parse("2001:db8:0:1::1"), kNow));
}

TEST(WorkProofs, L6_it_ends_with_its_challenge) {
  WorkProofs proofs(key(), kBits);
  const auto proof = search(proofs.challenge(kClient, kNow));
  EXPECT_FALSE(proofs.accept(proof, kClient, kNow + limits::kWorkLife));
  EXPECT_TRUE(proofs.accept(proof, kClient, kNow + limits::kWorkLife - std::chrono::seconds(1)));
}

TEST(WorkProofs, L6_no_other_key_makes_challenges) {
  WorkProofs proofs(key(), kBits);
  WorkProofs same(key(), kBits), other(key('x'), kBits);
  const auto proof = search(same.challenge(kClient, kNow));
  EXPECT_TRUE(proofs.accept(proof, kClient, kNow)) << "of another app with the same key";
  EXPECT_FALSE(proofs.accept(search(other.challenge(kClient, kNow)), kClient, kNow));
  // A later expiry than was given.
  std::string changed = proof.substr(0, proof.find('.'));
  changed[0] = changed[0] == 'z' ? 'y' : 'z';
  EXPECT_FALSE(proofs.accept(search(changed), kClient, kNow));
}

TEST(WorkProofs, L6_what_is_no_proof_is_none) {
  WorkProofs proofs(key(), 0);
  const auto challenge = proofs.challenge(kClient, kNow);
  ASSERT_EQ(challenge.size(), 32U);
  for (const auto& text :
       {std::string(), challenge, challenge + ".", challenge + ".x", challenge + ".-1",
        challenge + ".1 ", challenge + ".12345678901234567", challenge + "=.1", "." + challenge,
        challenge.substr(1) + ".1", std::string(33, '.') + "1"}) {
    EXPECT_FALSE(proofs.accept(text, kClient, kNow)) << text;
  }
  EXPECT_TRUE(proofs.accept(challenge + ".1", kClient, kNow));
  WorkProofs none(Secret(), 0);
  EXPECT_FALSE(none.enabled());
  EXPECT_FALSE(none.accept(challenge + ".1", kClient, kNow));
}

TEST(WorkProofs, L6_memory_is_bounded) {
  WorkProofs proofs(key(), 0);
  for (std::size_t i = 0; i < limits::kWorkProofs; ++i) {
    ASSERT_TRUE(proofs.accept(proofs.challenge(kClient, kNow) + ".1", kClient, kNow));
  }
  EXPECT_FALSE(proofs.accept(proofs.challenge(kClient, kNow) + ".1", kClient, kNow));
  const auto later = kNow + limits::kWorkLife;
  EXPECT_TRUE(proofs.accept(proofs.challenge(kClient, later) + ".1", kClient, later));
}

TEST(WorkProofs, the_cookie_stands_among_others_and_once) {
  EXPECT_EQ(work_proof_of("a=b; __Host-postern-work=abc.1; c=d"), "abc.1");
  EXPECT_EQ(work_proof_of("__Host-postern-work=abc.1"), "abc.1");
  EXPECT_EQ(work_proof_of("a=b; x__Host-postern-work=abc.1"), "");
  EXPECT_EQ(work_proof_of("__Host-postern-work=a.1; __Host-postern-work=b.1"), "");
  EXPECT_EQ(work_proof_of(""), "");
}

}  // namespace
}  // namespace postern
