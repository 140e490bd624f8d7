// Responses of the OpenID Provider's endpoints that programs call.
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/client_tokens.hpp"
#include "web/web_call.hpp"

namespace postern {

/// RFC 6749, 5.1.
HttpResponse tokens_response(const ClientTokens& tokens);

/// RFC 6749, 5.2: {"error","error_description"}, with 401 for an unknown client, and a challenge
/// where it authenticated with `basic`.
HttpResponse oauth_error(const Error& error, bool basic = false);

/// RFC 6750, 3; nullptr: no token came.
HttpResponse bearer_error(const Error* error);

/// A page that says what a developer or a person can do; the browser goes nowhere else. 400, unless
/// it may be worth repeating.
void refuse_request(const WebCall& call, const Error& error);
/// The same for a browser that does not have the flow.
void refuse_flow(const WebCall& call);

/// Nothing of a token's response is to be kept.
std::vector<HttpHeader> no_store();

/// Lets the page that asks read the response, if its origin is one of a public client's.
void allow_origin(const WebCall& call, HttpResponse& response);
/// Lets any page read a document that is public anyway.
void allow_any_origin(const WebContext& web, const HttpRequest& request, HttpResponse& response);
/// 204 to a page's question whether it may ask (Fetch, CORS-preflight).
void answer_preflight(const WebCallPtr& call);

/// The text of a Basic Authorization header (RFC 7617), in base64.
std::optional<std::string> decode_basic(std::string_view encoded);

}  // namespace postern
