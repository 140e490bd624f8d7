// The code of an authorization becomes tokens (RFC 6749, 4.1.3).
#pragma once

#include <functional>
#include <string>

#include "oidc/client_tokens.hpp"
#include "oidc/oidc_services.hpp"

namespace postern {

struct CodeExchange {
  /// Authenticated.
  ClientPtr client;
  std::string code;
  std::string redirect_uri;
  /// PKCE (RFC 7636, 4.5).
  std::string code_verifier;
  RequestContext context;
};

using TokensDone = std::function<void(Result<ClientTokens>)>;

/// A code that comes again ends what it gave (RFC 6749, 4.1.2). Errors: invalid_grant, for every
/// reason alike.
void exchange_code(OidcServices& services, CodeExchange exchange, TokensDone done);

}  // namespace postern
