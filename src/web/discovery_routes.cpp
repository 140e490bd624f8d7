// The description of the OpenID Provider (OpenID Connect Discovery 1.0, RFC 8414): one document
// under both names.
#include <boost/json.hpp>

#include "base/limits.hpp"
#include "web/oidc_responses.hpp"

namespace postern {
namespace {

namespace json = boost::json;

std::string describe(const WebContext& web) {
  const auto& issuer = web.services.oidc.issuer;
  const json::array authentication{"none", "client_secret_basic", "client_secret_post",
                                   "private_key_jwt"};
  const json::array algorithms{"ES256", "RS256", "PS256"};
  return json::serialize(json::object{
      {"issuer", issuer},
      {"authorization_endpoint", issuer + "/authorize"},
      {"token_endpoint", issuer + "/token"},
      {"userinfo_endpoint", issuer + "/userinfo"},
      {"revocation_endpoint", issuer + "/revoke"},
      {"end_session_endpoint", issuer + "/end-session"},
      {"jwks_uri", issuer + "/.well-known/jwks.json"},
      {"scopes_supported", {"openid", "email", "profile", "offline_access"}},
      {"response_types_supported", json::array{"code"}},
      {"response_modes_supported", json::array{"query"}},
      {"grant_types_supported", {"authorization_code", "refresh_token"}},
      {"subject_types_supported", json::array{"public"}},
      {"id_token_signing_alg_values_supported", json::array{"ES256"}},
      {"token_endpoint_auth_methods_supported", authentication},
      {"token_endpoint_auth_signing_alg_values_supported", algorithms},
      {"revocation_endpoint_auth_methods_supported", authentication},
      {"revocation_endpoint_auth_signing_alg_values_supported", algorithms},
      {"code_challenge_methods_supported", json::array{"S256"}},
      {"prompt_values_supported", {"none", "login", "create", "consent", "select_account"}},
      {"claims_supported",
       {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash",
        "email", "email_verified", "name", "locale"}},
      {"ui_locales_supported", {"en", "ru"}},
      {"authorization_response_iss_parameter_supported", true},
      {"claims_parameter_supported", false},
      {"request_parameter_supported", false},
      {"request_uri_parameter_supported", false}});
}

}  // namespace

void add_discovery_routes(Router& router, const WebContextPtr& web) {
  const auto age = std::chrono::seconds(limits::kKeySetAge).count();
  const HttpResponse response{200,
                              "application/json",
                              describe(*web),
                              {{"Cache-Control", "public, max-age=" + std::to_string(age)}}};
  for (const std::string_view name : {"openid-configuration", "oauth-authorization-server"}) {
    router.add("GET", std::string("/.well-known/").append(name),
               [web, response](const HttpRequest& request, const Respond& respond) {
                 auto allowed = response;
                 allow_any_origin(*web, request, allowed);
                 respond(std::move(allowed));
               });
  }
}

}  // namespace postern
