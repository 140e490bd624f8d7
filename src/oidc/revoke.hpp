// A client gives a token back (RFC 7009).
#pragma once

#include <functional>
#include <string>

#include "oidc/oidc_services.hpp"

namespace postern {

struct Revocation {
  /// Authenticated.
  ClientPtr client;
  /// A refresh token or an access token: all tokens of its grant end.
  std::string token;
  RequestContext context;
};

/// A token that is not the client's, or has ended already, is no error.
void revoke(OidcServices& services, Revocation revocation, std::function<void(Status)> done);

}  // namespace postern
