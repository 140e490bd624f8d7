// The claims about a person for a client's access token (OpenID Connect Core, 5.3).
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>

#include "oidc/oidc_services.hpp"

namespace postern {

/// Errors: invalid_token when it has ended, its grant was revoked, its session or client is gone;
/// insufficient_scope without openid (RFC 6750, 3.1).
void userinfo(OidcServices& services, const std::string& access_token,
              std::function<void(Result<boost::json::object>)> done);

}  // namespace postern
