// POST /token and /revoke, GET and POST /userinfo.
//
// Errors are those of RFC 6749, 5.2, and RFC 6750, 3: clients of OAuth read `error`, not a problem
// document. Pages may call from the origins of public clients' redirect URIs, without cookies.
#include <boost/json.hpp>

#include "base/oidc_limits.hpp"
#include "http/rate_limiter.hpp"
#include "oidc/client_assertion.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/exchange_code.hpp"
#include "oidc/refresh_client_tokens.hpp"
#include "oidc/revoke.hpp"
#include "oidc/userinfo.hpp"
#include "text/ascii.hpp"
#include "web/oidc_responses.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

constexpr std::string_view kBasic = "basic ";
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct TokenRequest {
  Fields fields;
  ClientCredentials credentials;
  bool basic = false;
};

Error invalid_request(std::string text) { return oidc_error("invalid_request", std::move(text)); }

/// client_id and client_secret, form-encoded each (RFC 6749, 2.3.1).
Result<ClientCredentials> read_basic(std::string_view encoded) {
  const auto plain = decode_basic(encoded);
  const auto colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return invalid_request("The Authorization header is no Basic.");
  const auto decoded =
      parse_urlencoded("id=" + plain->substr(0, colon) + "&secret=" + plain->substr(colon + 1));
  if (!decoded) return invalid_request("The Authorization header is not form-encoded.");
  return ClientCredentials{decoded->at("id"), Secret(std::string(decoded->at("secret")))};
}

Status read_assertion(const Fields& fields, ClientCredentials& credentials) {
  credentials.assertion = fields.text("client_assertion");
  if (credentials.assertion.empty()) return {};
  if (fields.text("client_assertion_type") != kAssertionType) {
    return invalid_request("client_assertion_type is not jwt-bearer.");
  }
  if (credentials.client_id.empty()) credentials.client_id = claimed_client(credentials.assertion);
  return {};
}

/// One way to authenticate, not two.
Result<TokenRequest> read_request(const HttpRequest& request) {
  if (!is_form(request)) return invalid_request("The body is application/x-www-form-urlencoded.");
  auto fields = read_fields(request);
  if (!fields) return invalid_request("The body cannot be read.");
  TokenRequest read{*std::move(fields), {}};
  auto& credentials = read.credentials;
  credentials.client_id = read.fields.text("client_id");
  credentials.secret = Secret(read.fields.text("client_secret"));
  if (auto assertion = read_assertion(read.fields, credentials); !assertion) {
    return assertion.error();
  }
  const auto authorization = request.header("Authorization");
  int ways = (credentials.secret.empty() ? 0 : 1) + (credentials.assertion.empty() ? 0 : 1);
  if (ascii::equals_ignoring_case(authorization.substr(0, kBasic.size()), kBasic)) {
    auto basic = read_basic(ascii::trim(authorization.substr(kBasic.size())));
    if (!basic) return basic.error();
    if (!credentials.client_id.empty() && credentials.client_id != basic->client_id) {
      return invalid_request("client_id differs from the Authorization header.");
    }
    credentials.client_id = basic->client_id;
    credentials.secret = std::move(basic->secret);
    read.basic = true;
    ++ways;
  }
  if (ways > 1) return invalid_request("The client authenticates in more than one way.");
  if (credentials.client_id.empty()) return invalid_request("client_id is missing.");
  return read;
}

void respond_tokens(const WebCallPtr& call, const ClientPtr& client,
                    const Result<ClientTokens>& tokens) {
  auto response = tokens ? tokens_response(*tokens) : oauth_error(tokens.error());
  if (client->is_public()) allow_origin(*call, response);
  call->respond(std::move(response));
}

void exchange(const WebCallPtr& call, const Fields& fields, const ClientPtr& client) {
  CodeExchange asked{client, fields.text("code"), fields.text("redirect_uri"),
                     fields.text("code_verifier"), context_of(call->request)};
  exchange_code(
      call->web->services.oidc, std::move(asked),
      [call, client](const Result<ClientTokens>& tokens) { respond_tokens(call, client, tokens); });
}

void refresh_tokens(const WebCallPtr& call, const Fields& fields, const ClientPtr& client) {
  ClientRefresh asked{client, fields.text("refresh_token"), fields.text("scope"),
                      context_of(call->request)};
  refresh_client_tokens(
      call->web->services.oidc, std::move(asked),
      [call, client](const Result<ClientTokens>& tokens) { respond_tokens(call, client, tokens); });
}

void give_tokens(const WebCallPtr& call, const Fields& fields, const ClientPtr& client) {
  const auto type = fields.text("grant_type");
  if (type == "authorization_code") return exchange(call, fields, client);
  if (type == "refresh_token") return refresh_tokens(call, fields, client);
  const auto error = type.empty()
                         ? invalid_request("grant_type is missing.")
                         : oidc_error("unsupported_grant_type",
                                      "grant_type is authorization_code or refresh_token.");
  respond_tokens(call, client, error);
}

void give_back(const WebCallPtr& call, const Fields& fields, const ClientPtr& client) {
  revoke(call->web->services.oidc, {client, fields.text("token"), context_of(call->request)},
         [call, client](const Status& status) {
           auto response = status ? HttpResponse{200, {}, {}, {}} : oauth_error(status.error());
           if (client->is_public()) allow_origin(*call, response);
           call->respond(std::move(response));
         });
}

using ForClient = void (*)(const WebCallPtr& call, const Fields& fields, const ClientPtr& client);

template <ForClient for_client>
void post_as_client(const WebCallPtr& call) {
  auto read = read_request(call->request);
  if (!read) return call->respond(oauth_error(read.error()));
  const auto done = [call, basic = read->basic,
                     fields = std::make_shared<Fields>(std::move(read->fields))](
                        const Result<ClientPtr>& client) {
    client ? for_client(call, *fields, *client) : call->respond(oauth_error(client.error(), basic));
  };
  authenticate_client(call->web->services.oidc, std::move(read->credentials), done);
}

/// The token of the header, or of a POST's form (RFC 6750, 2).
std::string bearer_of(const HttpRequest& request) {
  auto token = credentials_of(request).access_token;
  if (!token.empty() || request.method != "POST" || !is_form(request)) return token;
  const auto fields = read_fields(request);
  return fields ? fields->text("access_token") : std::string();
}

void get_userinfo(const WebCallPtr& call) {
  const auto respond = [call](HttpResponse response) {
    allow_origin(*call, response);
    call->respond(std::move(response));
  };
  const auto token = bearer_of(call->request);
  if (token.empty()) return respond(bearer_error(nullptr));
  userinfo(call->web->services.oidc, token, [respond](const Result<boost::json::object>& claims) {
    if (!claims) return respond(bearer_error(&claims.error()));
    respond({200, "application/json", boost::json::serialize(*claims), no_store()});
  });
}

}  // namespace

void add_token_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "POST", "/token", post_as_client<give_tokens>);
  add_route(router, web, "POST", "/revoke", post_as_client<give_back>);
  add_route(router, web, "GET", "/userinfo", get_userinfo);
  add_route(router, web, "POST", "/userinfo", get_userinfo);
  for (const std::string_view path : {"/token", "/revoke", "/userinfo"}) {
    add_route(router, web, "OPTIONS", path, answer_preflight);
  }
}

}  // namespace postern
