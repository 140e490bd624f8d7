// GET and POST /end-session: a product logs its person out here too.
//
// A request that does not prove whose it is asks the person first, so that no page of another site
// logs people out.
#include "oidc/end_session.hpp"

#include "oidc/redirect_uri.hpp"
#include "web/negotiation.hpp"
#include "web/oidc_responses.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/end-session";

constexpr std::string_view kFields[] = {"id_token_hint", "client_id", "post_logout_redirect_uri",
                                        "state"};

std::string text_of(const Fields& fields, std::string_view name) {
  const auto value = fields.optional(name);
  return value && *value ? std::string(**value) : std::string();
}

void refuse(const WebCall& call, const Error& error) {
  PageData data;
  data.set("message", error_text(*call.web, call.page, error));
  if (!error.text.empty()) data.set("detail", error.text);
  auto response =
      call.web->pages.render(page_status(error), page::kError, call.page, std::move(data));
  add_error_headers(response, error);
  call.respond(std::move(response));
}

HttpResponse confirmation_page(WebCall& call, const EndSessionRequest& request,
                               const EndSessionStep& step) {
  call.page.client_name = step.client_name;
  call.page.form_target = form_source(step.redirect);
  const std::string values[] = {request.id_token_hint, request.client_id,
                                request.post_logout_redirect_uri, request.state};
  PageData hidden(PageData::type::list);
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    if (values[i].empty()) continue;
    PageData field;
    field.set("name", std::string(kFields[i]));
    field.set("value", values[i]);
    hidden.push_back(field);
  }
  PageData data;
  data.set("hidden", hidden);
  return call.web->pages.render(200, page::kEndSession, call.page, std::move(data));
}

void take_step(const WebCallPtr& call, const EndSessionRequest& request,
               const EndSessionStep& step) {
  if (step.needs_confirmation) return call->respond(confirmation_page(*call, request, step));
  auto response = see_other(step.redirect.empty() ? "/login?done=logged_out" : step.redirect);
  if (!session_cookie_of(call->request).empty()) {
    response.headers.push_back(clear_session_cookie());
  }
  call->respond(std::move(response));
}

void end(const WebCallPtr& call, const Fields& fields, bool confirmed) {
  EndSessionRequest request{text_of(fields, "id_token_hint"),
                            text_of(fields, "client_id"),
                            text_of(fields, "post_logout_redirect_uri"),
                            text_of(fields, "state"),
                            session_cookie_of(call->request),
                            context_of(call->request),
                            confirmed};
  if (const auto locales = text_of(fields, "ui_locales"); !locales.empty()) {
    call->page.locale = choose_locale(call->request, locales.substr(0, locales.find(' ')));
  }
  end_session(call->web->services.oidc, request,
              [call, request](const Result<EndSessionStep>& step) {
                step ? take_step(call, request, *step) : refuse(*call, step.error());
              });
}

void get(const WebCallPtr& call) {
  auto query = parse_urlencoded(call->request.query);
  if (!query) return refuse(*call, query.error());
  end(call, Fields(*std::move(query)), false);
}

/// Of our own page's form, or of a product's, which brings no cookie from another site.
void post(const WebCallPtr& call) {
  const auto fields = read_fields(call->request);
  if (!fields) return refuse(*call, fields.error());
  const bool confirmed = check_origin(call->request, call->web->services.settings) &&
                         text_of(*fields, "confirmed") == "yes";
  end(call, *fields, confirmed);
}

}  // namespace

void add_end_session_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", kPath, get);
  add_route(router, web, "POST", kPath, post);
}

}  // namespace postern
