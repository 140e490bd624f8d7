#include "http/work_proof.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "base/connection_limits.hpp"
#include "text/ascii.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

constexpr std::string_view kCookie = "__Host-postern-work=";
constexpr std::size_t kExpiryBytes = 4;
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kNamedBytes = kExpiryBytes + kIdBytes;
constexpr std::size_t kTagBytes = 12;
constexpr std::size_t kChallengeBytes = kNamedBytes + kTagBytes;
constexpr std::size_t kChallengeCharacters = kChallengeBytes / 3 * 4;
static_assert(kChallengeBytes % 3 == 0, "base64url without a rest");
/// With these a proof fits into one block of SHA-256, which keeps the page's script small.
constexpr std::size_t kNumberDigits = 16;

std::string pack(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> shift & 0xFF));
  }
  return bytes;
}

std::uint32_t unpack(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

unsigned leading_zero_bits(std::string_view bytes) {
  unsigned bits = 0;
  for (const char byte : bytes) {
    const auto octet = static_cast<unsigned char>(byte);
    bits += static_cast<unsigned>(std::countl_zero(octet));
    if (octet != 0) break;
  }
  return bits;
}

/// Expiry, id and tag of a proof that has the form of one.
std::optional<std::string> read_challenge(std::string_view proof) {
  if (proof.size() < kChallengeCharacters + 2 || proof[kChallengeCharacters] != '.') {
    return std::nullopt;
  }
  const auto number = proof.substr(kChallengeCharacters + 1);
  if (number.size() > kNumberDigits || !std::ranges::all_of(number, ascii::is_digit)) {
    return std::nullopt;
  }
  auto bytes = base64url_decode(proof.substr(0, kChallengeCharacters));
  if (!bytes || bytes->size() != kChallengeBytes) return std::nullopt;
  return bytes;
}

}  // namespace

WorkProofs::WorkProofs(Secret key, unsigned bits) : key_(std::move(key)), bits_(bits) {}

std::string WorkProofs::challenge(const IpAddress& client, Time now) const {
  const auto expiry = std::chrono::duration_cast<std::chrono::seconds>(
      (now + limits::kWorkLife).time_since_epoch());
  const std::string named =
      pack(static_cast<std::uint32_t>(expiry.count())) + random_bytes(kIdBytes);
  return base64url_encode(named + tag(client, named));
}

bool WorkProofs::accept(std::string_view proof, const IpAddress& client, Time now) {
  if (!enabled()) return false;
  const auto challenge = read_challenge(proof);
  if (!challenge) return false;
  const std::string_view named = std::string_view(*challenge).substr(0, kNamedBytes);
  const Time expires_at{std::chrono::seconds(unpack(named.substr(0, kExpiryBytes)))};
  if (expires_at <= now) return false;
  const auto expected = tag(client, named);
  if (!equal_in_constant_time(expected, std::string_view(*challenge).substr(kNamedBytes))) {
    return false;
  }
  if (leading_zero_bits(sha256(proof)) < bits_) return false;
  std::uint64_t id = 0;
  std::memcpy(&id, named.data() + kExpiryBytes, sizeof id);
  return count_use(id, expires_at, now);
}

bool WorkProofs::count_use(std::uint64_t id, Time expires_at, Time now) {
  const std::lock_guard lock(mutex_);
  if (const auto found = uses_.find(id); found != uses_.end()) {
    return ++found->second.count <= limits::kWorkUses;
  }
  if (uses_.size() >= limits::kWorkProofs) {
    std::erase_if(uses_, [&](const auto& entry) { return entry.second.expires_at <= now; });
    if (uses_.size() >= limits::kWorkProofs) return false;
  }
  uses_.emplace(id, Use{expires_at, 1});
  return true;
}

std::string WorkProofs::tag(const IpAddress& client, std::string_view expiry_and_id) const {
  const std::string text = std::string(expiry_and_id) + client.limit_key().text();
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  const auto* done =
      HMAC(EVP_sha256(), key_.view().data(), static_cast<int>(key_.view().size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
  if (!done || length < kTagBytes) throw std::runtime_error("HMAC failed");
  return {reinterpret_cast<const char*>(mac.data()), kTagBytes};
}

std::string_view work_proof_of(std::string_view cookie_header) {
  std::string_view found;
  while (!cookie_header.empty()) {
    const auto end = std::min(cookie_header.find(';'), cookie_header.size());
    const auto pair = ascii::trim(cookie_header.substr(0, end));
    cookie_header.remove_prefix(std::min(end + 1, cookie_header.size()));
    if (!pair.starts_with(kCookie)) continue;
    if (!found.empty()) return {};
    found = pair.substr(kCookie.size());
  }
  return found;
}

}  // namespace postern
