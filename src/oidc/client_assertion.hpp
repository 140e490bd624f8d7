// Assertions of private_key_jwt (RFC 7523, 3; OpenID Connect Core, 9).
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace postern {

/// The note that keeps an assertion from being used again.
struct UsedAssertion {
  /// A hash of client and jti.
  std::string key;
  TimePoint expires_at;
};

struct AssertionCheck {
  std::string_view issuer;
  TimePoint now;
};

/// Whether a key of the client's JWK set signed it (ES256, RS256 or PS256, as the key says), iss
/// and sub are the client, aud is the issuer or its token endpoint alone, and exp lies within
/// limits::kAssertionLife. `client` may be nullptr. Error: invalid_client.
Result<UsedAssertion> check_client_assertion(const Client* client, std::string_view assertion,
                                             const AssertionCheck& check);

/// The client that an assertion says it is of (its sub); nothing of it is believed.
std::string claimed_client(std::string_view assertion);

}  // namespace postern
