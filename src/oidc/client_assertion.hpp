// Assertions of private_key_jwt (RFC 7523, 3; OpenID Connect Core, 9).
//
// Thread contract: pure functions.
// That an assertion is used once is for the caller: it keeps the note that a valid one results in.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace postern {

/// The note that keeps an assertion from being used again.
struct UsedAssertion {
  /// base64url of SHA-256 over the client's id, a line feed and the jti.
  std::string key;
  TimePoint expires_at;
};

struct AssertionCheck {
  std::string_view issuer;
  TimePoint now;
};

/// Whether a key of the client's JWK set signed it (ES256, RS256 or PS256, as the key says), iss
/// and sub are the client, aud is the issuer or its token endpoint alone, exp lies within
/// limits::kAssertionLife, and there is a jti of 1 to limits::kAssertionIdBytes. iat and nbf may be
/// absent, and lie ahead by limits::kClockDifference. `client` may be nullptr. Error:
/// invalid_client (Retry::kNever); the cause names the check that failed.
Result<UsedAssertion> check_client_assertion(const Client* client, std::string_view assertion,
                                             const AssertionCheck& check);

/// The client that an assertion says it is of (its sub), unverified; empty when it is unreadable.
std::string claimed_client(std::string_view assertion);

}  // namespace postern
