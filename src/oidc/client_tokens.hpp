// The tokens that a client gets for a grant, and the claims about its person.
//
// Thread contract: pure functions over immutable services.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "model/account.hpp"
#include "model/session.hpp"
#include "oidc/oidc_services.hpp"

namespace postern {

/// A response of the token endpoint (RFC 6749, 5.1).
struct ClientTokens {
  std::string access_token;
  /// Empty without the scope offline_access.
  std::string refresh_token = {};
  /// Empty without the scope openid.
  std::string id_token = {};
  std::string scope;
  Duration expires_in{};
};

/// What the tokens are made for.
struct TokenSubject {
  ClientPtr client;
  Account account;
  Session session;
  std::string grant_id;
  std::string scope;
  /// Of the authorization request; empty where there was none.
  std::string nonce = {};
};

/// Without the refresh token. Error: no_signing_key (Retry::kLater).
Result<ClientTokens> mint_client_tokens(const OidcServices& services, const TokenSubject& subject,
                                        TimePoint now);

/// sub, and what the scopes email and profile stand for (OpenID Connect Core, 5.4).
boost::json::object claims_of(const Account& account, std::string_view scope);

/// The grant, its session and nullptr when it has ended or was revoked.
struct FoundGrant {
  const Session* session = nullptr;
  const ClientGrant* grant = nullptr;
};
FoundGrant find_grant(const OidcServices& services, const AccountView& current,
                      std::string_view grant_id);

/// Removes what no token is left of, and makes room for one more.
void tidy_grants(const OidcServices& services, std::vector<ClientGrant>& grants, TimePoint now);

}  // namespace postern
