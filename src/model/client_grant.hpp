// The tokens that a client has from one authorization code, and the consent that a person gave.
//
// Plain data. Holds hashes of tokens, never a token.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"

namespace postern {

/// Lives in the session that the person authorized it with, and ends with it.
struct ClientGrant {
  /// Also the id of the code that it came from.
  std::string id;
  std::string client_id;
  /// Space-separated (RFC 6749, 3.3).
  std::string scope;
  TimePoint created_at;
  TimePoint last_used_at;
  /// SHA-256 of the present refresh token, as base64url; empty: it has none.
  std::string token_hash = {};
  /// As a session's.
  std::vector<TimePoint> rotations = {};
  /// Kept until its code has expired, so that the code is not exchanged again.
  bool revoked = false;
};

/// What a person allowed a third-party client once.
struct ClientConsent {
  std::string client_id;
  /// Space-separated.
  std::string scope;
  TimePoint given_at;
};

}  // namespace postern
