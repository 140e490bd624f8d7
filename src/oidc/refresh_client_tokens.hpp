// New tokens for a client's refresh token, which is spent with it (RFC 6749, 6).
#pragma once

#include <string>

#include "oidc/exchange_code.hpp"

namespace postern {

struct ClientRefresh {
  /// Authenticated.
  ClientPtr client;
  std::string refresh_token;
  /// Of the access token; empty: all that the grant has.
  std::string scope;
  RequestContext context;
};

/// Rotates as /refresh does (account/refresh_chain.hpp); a token that was spent earlier ends its
/// grant, not the session. Errors: invalid_grant, invalid_scope.
void refresh_client_tokens(OidcServices& services, ClientRefresh request, TokensDone done);

}  // namespace postern
