// Logging in with address and password.
#pragma once

#include <functional>
#include <string>

#include "account/session_services.hpp"
#include "text/email.hpp"

namespace postern {

struct LoginRequest {
  EmailAddress email;
  /// As typed.
  Secret password;
  SessionKind kind = SessionKind::kBearer;
  Device device;
  RequestContext context;
  /// The cookie that the browser brought, if any: its session ends, a new one begins.
  std::string old_cookie = {};
  /// The device tokens that the client brought, if any.
  std::string devices = {};
};

/// The part of a session that its client receives.
struct SessionGrant {
  /// The refresh token, or the cookie's value.
  std::string token;
  /// For a bearer session; else empty.
  std::string access_token;
  /// Of a login: the device token by which the client is known from now on.
  std::string device = {};
};

/// Errors: invalid_credentials, the same for every account and none; too_many_attempts with
/// retry_after, overloaded.
void log_in(AccountServices& services, LoginRequest request,
            std::function<void(Result<SessionGrant>)> done);

/// An access token for an active session.
Result<std::string> mint_access_token(const AccountServices& services, const Session& session,
                                      TimePoint now);

}  // namespace postern
