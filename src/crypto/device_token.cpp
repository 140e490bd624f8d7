#include "crypto/device_token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/login_limits.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

constexpr std::size_t kMarkBytes = 16;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kTagBytes = 26;
constexpr std::size_t kBodyBytes = 3 * kMarkBytes + 2 * kNumberBytes;
constexpr std::size_t kTokenCharacters = (kBodyBytes + kTagBytes) * 4 / 3;
static_assert((kBodyBytes + kTagBytes) % 3 == 0, "base64url without a rest");
constexpr char kBetween = '.';

std::string tag(const Secret& key, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  const auto* done =
      HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.view().size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), mac.data(), &length);
  if (!done || length < kTagBytes) throw std::runtime_error("HMAC failed");
  return {reinterpret_cast<const char*>(mac.data()), kTagBytes};
}

/// Tells accounts and addresses apart without naming them.
std::string mark(std::string_view text) { return sha256(text).substr(0, kMarkBytes); }

std::string pack(std::int64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFF));
  }
  return bytes;
}

std::int64_t unpack(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

/// No more than limits::kKnownAccounts: a longer list was not made here.
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> tokens;
  while (!list.empty() && tokens.size() < limits::kKnownAccounts) {
    const auto end = std::min(list.find(kBetween), list.size());
    tokens.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return tokens;
}

}  // namespace

struct DeviceTokens::Parts {
  KnownDevice device;
  std::string address_mark;
  TimePoint issued_at;
};

bool KnownDevice::belongs_to(const DeviceOwner& owner) const {
  return account_mark == mark(owner.account_id) && credential_version == owner.credential_version;
}

DeviceTokens::DeviceTokens(const Secret& secret_key)
    : key_(derive_key(secret_key, "device-token")) {}

std::string DeviceTokens::make(const DeviceOwner& owner, std::string device_id,
                               TimePoint now) const {
  if (device_id.empty()) device_id = random_bytes(kMarkBytes);
  if (device_id.size() != kMarkBytes) throw std::runtime_error("not a device id");
  std::string body = std::move(device_id);
  body.append(mark(owner.account_id)).append(mark(owner.email_key));
  body.append(pack(owner.credential_version)).append(pack(to_unix_ms(now)));
  return base64url_encode(body + tag(key_, body));
}

std::optional<DeviceTokens::Parts> DeviceTokens::read(std::string_view token) const {
  if (token.size() != kTokenCharacters) return std::nullopt;
  const auto bytes = base64url_decode(token);
  if (!bytes || bytes->size() != kBodyBytes + kTagBytes) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(0, kBodyBytes);
  if (!equal_in_constant_time(tag(key_, body), std::string_view(*bytes).substr(kBodyBytes))) {
    return std::nullopt;
  }
  std::size_t at = 0;
  const auto next = [&](std::size_t size) {
    return body.substr(std::exchange(at, at + size), size);
  };
  Parts parts;
  parts.device.id = next(kMarkBytes);
  parts.device.account_mark = next(kMarkBytes);
  parts.address_mark = next(kMarkBytes);
  parts.device.credential_version = unpack(next(kNumberBytes));
  parts.issued_at = from_unix_ms(unpack(next(kNumberBytes)));
  return parts;
}

std::optional<KnownDevice> DeviceTokens::find(std::string_view list, std::string_view email_key,
                                              TimePoint now) const {
  for (const auto token : split(list)) {
    auto parts = read(token);
    if (!parts || parts->address_mark != mark(email_key)) continue;
    if (now - parts->issued_at < limits::kDeviceLife) return std::move(parts->device);
  }
  return std::nullopt;
}

std::string DeviceTokens::put_in_front(std::string_view list, const std::string& token,
                                       std::string_view email_key) const {
  std::string joined = token;
  std::size_t count = 1;
  for (const auto other : split(list)) {
    const auto parts = read(other);
    if (!parts || parts->address_mark == mark(email_key)) continue;
    if (++count > limits::kKnownAccounts) break;
    joined.append(1, kBetween).append(other);
  }
  return joined;
}

}  // namespace postern
