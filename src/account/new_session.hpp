// A new session for an account that has just proven itself.
//
// Thread contract: pure functions, for decisions.
#pragma once

#include <string>

#include "account/session_services.hpp"

namespace postern {

struct NewSession {
  Session session;
  /// The refresh token, or the cookie's value.
  std::string token;
};

/// Error: internal.
Result<NewSession> make_session(const SessionServices& services, const Account& account,
                                SessionKind kind, const Device& device);

}  // namespace postern
