// Device tokens: by one of these a login knows a device of the account.
//
//   base64url( device id 16 · account mark 16 · address mark 16 · credential version 8 ·
//              issued at 8 · tag 26 )
//
// Thread contract: immutable; its members may be called from any thread.
// A device token opens nothing. It lets the device's attempts be counted by themselves, so that
// wrong passwords from elsewhere do not keep the owner out. Nothing of it is stored: the tag (an
// HMAC under a key of SECRET_KEY) tells a token of ours, and the credential version ends it with
// the password. A browser's cookie is a list of them, one for each account, the latest first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// Whom a device is known for.
struct DeviceOwner {
  std::string account_id;
  std::string email_key;
  std::int64_t credential_version = 0;
};

/// A token of ours for an address. belongs_to() says whether it is still the account's.
struct KnownDevice {
  /// 16 random bytes.
  std::string id;
  std::string account_mark;
  std::int64_t credential_version = 0;

  bool belongs_to(const DeviceOwner& owner) const;
};

class DeviceTokens {
 public:
  /// Throws std::invalid_argument for an empty secret.
  explicit DeviceTokens(const Secret& secret_key);

  /// `device_id` empty: a new device.
  std::string make(const DeviceOwner& owner, std::string device_id, TimePoint now) const;
  /// The device of the list's token for that address; nothing when there is none, or it is older
  /// than limits::kDeviceLife.
  std::optional<KnownDevice> find(std::string_view list, std::string_view email_key,
                                  TimePoint now) const;
  /// The list with `token`, made for that address, in front, and without others for it.
  std::string put_in_front(std::string_view list, const std::string& token,
                           std::string_view email_key) const;

 private:
  struct Parts;
  std::optional<Parts> read(std::string_view token) const;

  Secret key_;
};

}  // namespace postern
