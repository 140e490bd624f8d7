#include "web/web_call.hpp"

#include "text/locale.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/visitor.hpp"

namespace postern {
namespace {

WebCallPtr make_call(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  const auto call =
      std::make_shared<WebCall>(WebCall{web, request, std::move(respond), wants_html(request)});
  call->page.locale = choose_locale(request, std::nullopt);
  return call;
}

}  // namespace

void add_route(Router& router, const WebContextPtr& web, std::string_view method,
               std::string_view path, WebHandler handler) {
  router.add(method, path, [web, handler](const HttpRequest& request, Respond respond) {
    handler(make_call(web, request, std::move(respond)));
  });
}

Credentials credentials_of(const WebCallPtr& call) {
  Credentials credentials = credentials_of(call->request);
  if (call->html) credentials.found = [call](const SignedIn& person) { call->person = person; };
  return credentials;
}

Result<Fields> read_form(WebCall& call) {
  const auto origin = check_origin(call.request, call.web->services.settings);
  if (!origin) return origin.error();
  auto fields = read_fields(call.request);
  if (!fields || !call.html) return fields;
  const auto locale = fields->optional("locale");
  if (!locale) return locale.error();
  call.page.locale = choose_locale(call.request, *locale);
  return fields;
}

Result<std::string> read_token(const HttpRequest& request, const Fields& body) {
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  const Fields query_fields(*std::move(query));
  const auto in_query = query_fields.optional_token("token");
  const auto in_body = body.optional_token("token");
  if (!in_body) return in_body.error();
  if (*in_query && *in_body && **in_query != **in_body) {
    return request_error("invalid_field", "The query and the body have different tokens.");
  }
  if (*in_body) return std::string(**in_body);
  if (*in_query) return std::string(**in_query);
  return request_error("missing_field", "The field \"token\" is missing.");
}

std::string read_link(WebCall& call) {
  auto query = parse_urlencoded(call.request.query);
  const Fields fields(query ? *std::move(query) : FormFields());
  const auto locale = *fields.optional("locale");
  call.page.locale_chosen = locale.has_value();
  if (locale) call.page.locale = choose_locale(call.request, locale);
  return std::string(fields.optional_token("token")->value_or(""));
}

void suggest_locale(PageContext& page, std::string_view locale) {
  if (!page.locale_chosen) page.locale = match_locale(locale).value_or(page.locale);
}

}  // namespace postern
