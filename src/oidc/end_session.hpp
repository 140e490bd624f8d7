// A product logs its person out here too (OpenID Connect RP-Initiated Logout 1.0).
#pragma once

#include <functional>
#include <string>

#include "oidc/oidc_services.hpp"

namespace postern {

struct EndSessionRequest {
  /// May be empty, as all others.
  std::string id_token_hint;
  std::string client_id;
  std::string post_logout_redirect_uri;
  std::string state;
  /// The session cookie's value.
  std::string cookie;
  RequestContext context;
  /// The person has just confirmed it, on the page for that.
  bool confirmed = false;
};

struct EndSessionStep {
  /// The person has to confirm: the request does not prove that it is from their product.
  bool needs_confirmation = false;
  /// The product's name; empty when it is not known.
  std::string client_name = {};
  /// Where the browser goes after the logout; empty: it stays here.
  std::string redirect = {};
};

/// Errors, for a page: invalid_request when the hint is not ours or another client's, or the
/// redirect URI is not registered; invalid_client; store_unavailable, overloaded.
void end_session(OidcServices& services, EndSessionRequest request,
                 std::function<void(Result<EndSessionStep>)> done);

}  // namespace postern
