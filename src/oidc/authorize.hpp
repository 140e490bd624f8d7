// What becomes of an authorization request in the session of the browser that brought it.
//
// Writes nothing but a person's consent.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "account/signed_in.hpp"
#include "oidc/authorization_request.hpp"
#include "oidc/oidc_services.hpp"

namespace postern {

/// The person has to log in, or to register (prompt=create), first.
struct LoginNeeded {};
/// The person has to allow it first.
struct ConsentNeeded {
  std::string email;
  std::string locale;
};
/// A code, or an error for the client: the browser goes there.
struct AuthorizationResponse {
  std::string redirect;
};
using AuthorizationStep = std::variant<LoginNeeded, ConsentNeeded, AuthorizationResponse>;

struct AuthorizeRequest {
  AuthorizationRequest request;
  ClientPtr client;
  /// The session cookie's value; may be empty.
  std::string cookie;
  RequestContext context;
  /// The person has just allowed it, on the page for that.
  bool allowed = false;
};

/// `done` gets an error for a page: store_unavailable, overloaded.
void authorize(OidcServices& services, AuthorizeRequest request,
               std::function<void(Result<AuthorizationStep>)> done);

}  // namespace postern
