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
  EndSessionRequest request{fields.text("id_token_hint"),
                            fields.text("client_id"),
                            fields.text("post_logout_redirect_uri"),
                            fields.text("state"),
                            session_cookie_of(call->request),
                            context_of(call->request),
                            confirmed};
  if (const auto locales = fields.text("ui_locales"); !locales.empty()) {
    call->page.locale = choose_locale(call->request, locales.substr(0, locales.find(' ')));
  }
  end_session(call->web->services.oidc, request,
              [call, request](const Result<EndSessionStep>& step) {
                step ? take_step(call, request, *step) : refuse_request(*call, step.error());
              });
}

void get(const WebCallPtr& call) {
  auto query = parse_urlencoded(call->request.query);
  if (!query) return refuse_request(*call, query.error());
  end(call, Fields(*std::move(query)), false);
}

/// A form of another site brings no cookies: the same request as a GET does.
HttpResponse as_link(const Fields& fields) {
  std::string query;
  for (const auto name : kFields) {
    const std::string value = fields.text(name);
    if (value.empty()) continue;
    query.append(query.empty() ? "?" : "&").append(name).append("=").append(percent_encode(value));
  }
  return see_other(std::string(kPath) + query);
}

void post(const WebCallPtr& call) {
  const auto fields = read_fields(call->request);
  if (!fields) return refuse_request(*call, fields.error());
  if (!check_origin(call->request, call->web->services.settings)) {
    return call->respond(as_link(*fields));
  }
  end(call, *fields, fields->text("confirmed") == "yes");
}

}  // namespace

void add_end_session_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", kPath, get);
  add_route(router, web, "POST", kPath, post);
}

}  // namespace postern
