// A key that signs access tokens, as it is stored. Plain data.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace postern {

struct SigningKey {
  std::string kid;
  /// "ES256"
  std::string algorithm;
  /// The private key in PEM, sealed under SECRET_KEY (crypto/sealed.hpp).
  std::string sealed;
  TimePoint created_at;
  /// It is published from the start, and signs from here on.
  TimePoint activates_at;
  /// It signs no more, and is published until the last of its tokens has expired.
  std::optional<TimePoint> retired_at = {};
  /// Dead from here on.
  std::optional<TimePoint> revoked_at = {};
};

}  // namespace postern
