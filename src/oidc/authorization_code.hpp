// Authorization codes: everything that one is bound to, sealed, so that authorizing writes no row.
//
// Thread contract: pure functions.
// That a code is used once is the exchange's matter: its id becomes the grant's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "crypto/secret.hpp"

namespace postern {

struct AuthorizationCode {
  std::string id;
  std::string client_id;
  std::string redirect_uri;
  std::string code_challenge;
  std::string nonce;
  std::string scope;
  std::string account_id;
  std::string session_id;
  TimePoint expires_at;
};

std::string seal_code(const Secret& key, const AuthorizationCode& code);
/// Nothing when it was not made here. Says nothing about its age.
std::optional<AuthorizationCode> open_code(const Secret& key, std::string_view sealed);

}  // namespace postern
