// Which client asks at the token endpoint, and the proof of it (RFC 6749, 2.3; RFC 7523, 2.2).
#pragma once

#include <string>
#include <string_view>

#include "crypto/secret.hpp"
#include "oidc/oidc_services.hpp"

namespace postern {

/// The credentials that a request brought; one kind at most.
struct ClientCredentials {
  std::string client_id;
  /// client_secret_basic or client_secret_post.
  Secret secret = {};
  /// private_key_jwt.
  std::string assertion = {};
};

/// `done` gets the client. A public client brings its id alone. Error: invalid_client, after the
/// same work and with the same words for an unknown client and for a wrong secret.
void authenticate_client(OidcServices& services, ClientCredentials credentials, Clients::Done done);

/// A new client secret: 256 random bits.
std::string make_client_secret();
std::string hash_client_secret(std::string_view secret);

}  // namespace postern
