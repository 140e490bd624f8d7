// A login that lasts, as it is stored. Plain data. Holds hashes of tokens, never a token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/client_grant.hpp"

namespace postern {

/// How its token travels: in an Authorization header by way of access tokens, or in a cookie.
enum class SessionKind { kBearer, kCookie };

constexpr std::string_view to_string(SessionKind kind) {
  return kind == SessionKind::kCookie ? "cookie" : "bearer";
}

struct Session {
  std::string id;
  std::string account_id;
  SessionKind kind = SessionKind::kBearer;
  /// How the person proved who they are, space-separated (RFC 8176): "pwd".
  std::string methods;
  TimePoint created_at;
  TimePoint last_used_at;
  /// The absolute limit; the idle one follows from last_used_at.
  TimePoint expires_at;
  /// SHA-256 of the current token, as base64url.
  std::string token_hash;
  /// When the refresh token was rotated, oldest first: the latest rotations that are not older than
  /// limits::kRefreshGrace, or were not when the last one was made.
  std::vector<TimePoint> rotations = {};
  /// The account's when the session was last vouched for: with any other it has ended.
  std::int64_t credential_version = 0;
  /// For the person to recognise it by.
  std::string user_agent = {};
  std::string ip = {};
  /// Of the clients that got tokens in it, in any order.
  std::vector<ClientGrant> grants = {};
  /// 0: not stored yet; as an account's.
  std::int64_t revision = 0;
};

}  // namespace postern
