// GET /set-password shows the form of a valid token and changes nothing, ever: mail scanners open
// links. POST /set-password sets the password.
//
// The token travels from the link's query into a hidden field of the form, and nowhere else.
#include "account/set_password.hpp"

#include "account/session_services.hpp"
#include "text/url.hpp"
#include "web/flow.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/set-password";

HttpResponse password_form(const WebCall& call, const ValidToken* token, const Error* error) {
  const auto& strings = call.web->pages.strings();
  PageData data;
  if (token) {
    data.set("masked_email", token->masked_email);
    data.set("username", token->email);
    if (token->takes_back) data.set("take_back", strings.get(call.page.locale, "set_take_back"));
  }
  if (error && error->code == "weak_password") {
    const std::string key = std::string("weak_").append(weakness(*error));
    data.set("password_error", strings.get(call.page.locale, key));
  } else if (error) {
    data.set("alert", error_text(*call.web, call.page, *error));
  }
  PageContext page = call.page;
  page.form_target = flow_form_targets(*call.web, call.request);
  auto response = call.web->pages.render(error ? status_of(*error) : 200, page::kSetPassword, page,
                                         std::move(data));
  ask_to_retry(response);
  return response;
}

/// The flow that the token's return_to names, if this browser has it: what its pages show.
PageContext flow_page(const WebCall& call, const ValidToken& token) {
  PageContext page = call.page;
  page.return_to = token.return_to;
  set_flow(*call.web, call.request, page);
  return page;
}

/// A flow goes on with a login; where the browser does not have it, with its product.
void add_way_on(const WebCall& call, const ValidToken& token, const ClientPtr& client,
                PageData& data) {
  const auto& settings = call.web->services.settings;
  const auto& strings = call.web->pages.strings();
  PageContext flow = flow_page(call, token);
  if (!flow.client_name.empty()) {
    data.set("continue_url", "/login" + link_query(flow));
    data.set("continue_label", call.web->pages.client_text(flow, "flow_log_in"));
    return;
  }
  if (client && !client->url.empty()) {
    flow.client_name = client->name;
    data.set("continue_url", client->url);
    data.set("continue_label", call.web->pages.client_text(flow, "flow_back"));
    return;
  }
  // The list of addresses may have changed since the token was made.
  if (is_allowed_return_url(token.return_to, settings.return_urls)) {
    data.set("continue_url", token.return_to);
    data.set("continue_label", strings.get(call.page.locale, "password_set_continue"));
  } else if (!settings.product.url.empty()) {
    data.set("continue_url", settings.product.url);
    data.set("continue_label", strings.get(call.page.locale, "password_set_product"));
  }
}

/// `client`: of the flow that the token was made in; nullptr: of none.
HttpResponse done_page(const WebCall& call, const ValidToken& token, const ClientPtr& client) {
  PageData data;
  add_way_on(call, token, client, data);
  PageContext page = call.page;
  page.path.clear();
  page.token.clear();
  page.return_to.clear();
  return call.web->pages.render(200, page::kPasswordSet, page, std::move(data));
}

/// The browser of the person who reads the account's emails is known from now on.
void know_device(const WebCall& call, const ValidToken& token, HttpResponse& response) {
  response.headers.push_back(set_device_cookie(call.accounts().devices.put_in_front(
      device_cookie_of(call.request), token.device, token.email_key)));
}

/// In the browser where the flow began the first password goes on with it, logged in. Elsewhere,
/// and after a reset, the person is not logged in.
void respond_done(const WebCallPtr& call, const ValidToken& token) {
  if (!token.session_cookie.empty()) {
    auto response = see_other(token.return_to);
    know_device(*call, token, response);
    response.headers.push_back(
        set_session_cookie(token.session_cookie, call->accounts().session_settings.session_ttl));
    return call->respond(std::move(response));
  }
  const auto show = [call, token](const Result<ClientPtr>& client) {
    auto response = done_page(*call, token, client ? *client : ClientPtr());
    know_device(*call, token, response);
    call->respond(std::move(response));
  };
  const auto link = read_flow_link(*call->web, token.return_to);
  if (!link) return show(ClientPtr());
  call->web->services.oidc.clients.find(
      link->client_id, [](const Client*) { return Status(); }, show);
}

/// `token`: nullptr when it is not known to be valid.
HttpResponse refusal_of(const WebCall& call, const Error& error,
                        const ValidToken* token = nullptr) {
  if (!call.html) return error_response(error);
  PageContext page = call.page;
  if (error.code == "invalid_token") {
    page.token.clear();
    return invalid_link_page(*call.web, page);
  }
  if (error.code == "weak_password" || error.retry == Retry::kLater) {
    return password_form(call, token, &error);
  }
  page.path.clear();
  return error_page(*call.web, page, error);
}

Result<SetPasswordRequest> read_request(WebCall& call) {
  const auto fields = read_form(call);
  if (!fields) return fields.error();
  auto token = read_token(call.request, *fields);
  if (!token) return token.error();
  if (call.html) call.page.token = *token;
  const auto password = fields->required("password");
  if (!password) return password.error();
  SetPasswordRequest request{*std::move(token), Secret(std::string(*password)),
                             context_with_device(call.request)};
  if (call.html) {
    request.first_login = {device_of(call.request), flow_links_of(*call.web, call.request)};
  }
  return request;
}

void post(const WebCallPtr& call) {
  call->page.path = kPath;
  auto request = read_request(*call);
  if (!request) return call->respond(refusal_of(*call, request.error()));
  const auto done = [call](const Status& status, const ValidToken* token) {
    if (!status) return call->respond(refusal_of(*call, status.error(), token));
    call->html ? respond_done(call, *token) : call->respond(password_is_set(token->device));
  };
  set_password(call->accounts(), *std::move(request), done);
}

void get(const WebCallPtr& call) {
  call->page.path = kPath;
  call->html = prefer(call->request.header("Accept")) != Preference::kJson;
  call->page.token = read_link(*call);
  const auto show = [call](const Result<ValidToken>& token) {
    if (!token) return call->respond(refusal_of(*call, token.error()));
    suggest_locale(call->page, token->locale);
    call->respond(password_form(*call, &*token, nullptr));
  };
  check_set_password_token(call->accounts(), call->page.token, show);
}

}  // namespace

void add_set_password_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", kPath, get);
  add_route(router, web, "POST", kPath, post);
}

}  // namespace postern
