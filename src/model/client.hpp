// A client: a product whose people log in here (OpenID Connect Core, OAuth 2.0).
//
// Plain data. Holds hashes of secrets, never a secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace postern {

/// How the client proves at the token endpoint who it is (token_endpoint_auth_method, RFC 7591).
enum class ClientAuthentication {
  /// A public client: PKCE alone.
  kNone,
  /// client_secret_basic or client_secret_post.
  kSecret,
  kPrivateKeyJwt,
};

struct Client {
  std::string id;
  /// The product's name, for the person who logs in.
  std::string name;
  /// The product's start page; may be empty.
  std::string url = {};
  ClientAuthentication authentication = ClientAuthentication::kNone;
  /// SHA-256 as base64url; empty: there is none.
  std::string secret_hash = {};
  /// The secret before the last rotation, valid until `previous_secret_until`.
  std::string previous_secret_hash = {};
  TimePoint previous_secret_until = {};
  /// A JWK set (RFC 7517) for private_key_jwt.
  std::string jwks = {};
  std::vector<std::string> redirect_uris = {};
  std::vector<std::string> post_logout_redirect_uris = {};
  /// The audience of its access tokens; empty: the client's id.
  std::string resource = {};
  /// Run by others: the person is asked for consent.
  bool third_party = false;
  TimePoint created_at = {};
  TimePoint updated_at = {};

  bool is_public() const { return authentication == ClientAuthentication::kNone; }
  const std::string& audience() const { return resource.empty() ? id : resource; }
};

/// As in the database, in files and on the command line: none, client_secret, private_key_jwt.
constexpr std::string_view to_string(ClientAuthentication authentication) {
  switch (authentication) {
    case ClientAuthentication::kSecret:
      return "client_secret";
    case ClientAuthentication::kPrivateKeyJwt:
      return "private_key_jwt";
    case ClientAuthentication::kNone:
      break;
  }
  return "none";
}

}  // namespace postern
