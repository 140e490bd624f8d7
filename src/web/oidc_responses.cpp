#include "web/oidc_responses.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "web/responses.hpp"

namespace postern {
namespace {

namespace json = boost::json;

constexpr std::string_view kPreflightMaxAge = "600";

int oauth_status(const Error& error) {
  if (error.retry == Retry::kLater) return status_of(error);
  return error.code == "invalid_client" ? 401 : 400;
}

/// The server itself sees to the origins of CORS_ORIGINS.
bool is_listed(const WebContext& web, std::string_view origin) {
  const auto& origins = web.services.settings.cors_origins;
  return std::ranges::find(origins, origin) != origins.end();
}

void refuse_by(const WebCall& call, const PageKind& kind, const std::string& detail) {
  const auto key = std::string(kind.prefix).append("_message");
  PageData data;
  data.set("message", call.web->pages.strings().get(call.page.locale, key));
  if (!detail.empty()) data.set("detail", detail);
  call.respond(call.web->pages.render(400, kind, call.page, std::move(data)));
}

}  // namespace

HttpResponse tokens_response(const ClientTokens& tokens) {
  const auto life = std::chrono::floor<std::chrono::seconds>(tokens.expires_in);
  json::object body{{"access_token", tokens.access_token},
                    {"token_type", "Bearer"},
                    {"expires_in", life.count()},
                    {"scope", tokens.scope}};
  if (!tokens.refresh_token.empty()) body["refresh_token"] = tokens.refresh_token;
  if (!tokens.id_token.empty()) body["id_token"] = tokens.id_token;
  return {200, "application/json", json::serialize(body), no_store()};
}

HttpResponse oauth_error(const Error& error, bool basic) {
  const bool later = error.retry == Retry::kLater;
  json::object body{{"error", later ? "temporarily_unavailable" : error.code}};
  if (!error.text.empty()) body["error_description"] = error.text;
  HttpResponse response{oauth_status(error), "application/json", json::serialize(body), no_store()};
  if (basic && response.status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"postern\"");
  }
  if (later) ask_to_retry(response);
  return response;
}

HttpResponse bearer_error(const Error* error) {
  if (error && error->retry == Retry::kLater) return oauth_error(*error);
  std::string challenge = "Bearer";
  json::object body;
  if (error) {
    challenge += " error=\"" + error->code + "\", error_description=\"" + error->text + "\"";
    body = {{"error", error->code}, {"error_description", error->text}};
  }
  const bool forbidden = error && error->code == "insufficient_scope";
  auto headers = no_store();
  headers.emplace_back("WWW-Authenticate", std::move(challenge));
  return {forbidden ? 403 : 401, "application/json", json::serialize(body), std::move(headers)};
}

void refuse_request(const WebCall& call, const Error& error) {
  if (error.retry == Retry::kLater) {
    return call.respond(error_response_for(*call.web, call.request, error));
  }
  refuse_by(call, page::kInvalidClient, error.text);
}

void refuse_flow(const WebCall& call) { refuse_by(call, page::kInvalidFlow, {}); }

std::vector<HttpHeader> no_store() {
  return {{"Cache-Control", "no-store"}, {"Pragma", "no-cache"}};
}

void allow_origin(const WebCall& call, HttpResponse& response) {
  response.headers.emplace_back("Vary", "Origin");
  const auto origin = call.request.header("Origin");
  if (origin.empty() || is_listed(*call.web, origin)) return;
  if (!call.web->services.oidc.clients.has_public_origin(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
}

void allow_any_origin(const WebContext& web, const HttpRequest& request, HttpResponse& response) {
  if (is_listed(web, request.header("Origin"))) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
}

void answer_preflight(const WebCallPtr& call) {
  HttpResponse response{204, {}, {}, {{"Allow", "OPTIONS, GET, POST"}}};
  allow_origin(*call, response);
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST");
  response.headers.emplace_back("Access-Control-Allow-Headers", "authorization, content-type");
  response.headers.emplace_back("Access-Control-Max-Age", kPreflightMaxAge);
  call->respond(std::move(response));
}

std::optional<std::string> decode_basic(std::string_view encoded) {
  std::string text(encoded);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return base64url_decode(text);
}

}  // namespace postern
