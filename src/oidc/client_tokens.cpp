#include "oidc/client_tokens.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/secret.hpp"
#include "oidc/authorization_request.hpp"

namespace postern {
namespace {

namespace json = boost::json;

/// One authentication context is known here: a password.
constexpr std::string_view kAuthenticationContext = "1";

/// The left half of its SHA-256 (OpenID Connect Core, 3.1.3.6).
std::string at_hash(std::string_view access_token) {
  return base64url_encode(sha256(access_token).substr(0, 16));
}

std::string id_token_claims(const OidcServices& services, const TokenSubject& subject,
                            std::string_view access_token, TimePoint now) {
  const auto expires_at = now + services.accounts.session_settings.access_token_ttl;
  json::object claims = claims_of(subject.account, subject.scope);
  claims["iss"] = services.issuer;
  claims["aud"] = subject.client->id;
  claims["exp"] = to_unix_s(expires_at);
  claims["iat"] = to_unix_s(now);
  claims["auth_time"] = to_unix_s(subject.session.created_at);
  if (!subject.nonce.empty()) claims["nonce"] = subject.nonce;
  claims["sid"] = subject.session.id;
  claims["acr"] = kAuthenticationContext;
  claims["amr"] = json::array{subject.session.methods};
  claims["at_hash"] = at_hash(access_token);
  return json::serialize(claims);
}

}  // namespace

Result<ClientTokens> mint_client_tokens(const OidcServices& services, const TokenSubject& subject,
                                        TimePoint now) {
  const auto life = services.accounts.session_settings.access_token_ttl;
  AccessTokenClaims claims;
  claims.account_id = subject.account.id;
  claims.session_id = subject.session.id;
  claims.token_id = new_id(now);
  claims.issued_at = now;
  claims.expires_at = now + life;
  claims.auth_time = subject.session.created_at;
  claims.methods = subject.session.methods;
  claims.audience = subject.client->audience();
  claims.client_id = subject.client->id;
  claims.scope = subject.scope;
  claims.grant_id = subject.grant_id;
  const auto ring = services.accounts.keys.ring();
  auto access_token = ring->mint(claims);
  if (!access_token) return access_token.error();
  ClientTokens tokens{*std::move(access_token), {}, {}, subject.scope, life};
  if (has_scope(subject.scope, "openid")) {
    auto signed_claims =
        ring->sign_id_token(id_token_claims(services, subject, tokens.access_token, now));
    if (!signed_claims) return signed_claims.error();
    tokens.id_token = *std::move(signed_claims);
  }
  return tokens;
}

json::object claims_of(const Account& account, std::string_view scope) {
  json::object claims{{"sub", account.id}};
  if (has_scope(scope, "email")) {
    claims["email"] = account.email;
    claims["email_verified"] = account.state == AccountState::kConfirmed;
  }
  if (has_scope(scope, "profile")) {
    if (!account.display_name.empty()) claims["name"] = account.display_name;
    if (!account.locale.empty()) claims["locale"] = account.locale;
  }
  return claims;
}

FoundGrant find_grant(const OidcServices& services, const AccountView& current,
                      std::string_view grant_id) {
  if (!current.account) return {};
  const auto& accounts = services.accounts;
  for (const auto& session : current.sessions) {
    const auto grant = std::ranges::find(session.grants, grant_id, &ClientGrant::id);
    if (grant == session.grants.end()) continue;
    const bool active =
        is_active(session, *current.account, accounts.session_settings, accounts.clock.now());
    return active && !grant->revoked ? FoundGrant{&session, &*grant} : FoundGrant{};
  }
  return {};
}

void tidy_grants(const OidcServices& services, std::vector<ClientGrant>& grants, TimePoint now) {
  const auto life = services.accounts.session_settings.access_token_ttl + limits::kCodeLife;
  std::erase_if(grants, [&](const ClientGrant& grant) {
    const bool refreshes = !grant.token_hash.empty() && !grant.revoked;
    return !refreshes && now - grant.created_at > life;
  });
  while (grants.size() >= limits::kGrantsPerSession) {
    grants.erase(std::ranges::min_element(grants, {}, &ClientGrant::last_used_at));
  }
}

}  // namespace postern
