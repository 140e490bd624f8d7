// POST /login, /refresh and /logout, the page of the login, and the public keys.
//
// A browser's form gets a cookie and a redirect; every other client gets tokens.
#include <boost/json.hpp>

#include "account/end_sessions.hpp"
#include "account/login.hpp"
#include "account/refresh.hpp"
#include "base/limits.hpp"
#include "oidc/redirect_uri.hpp"
#include "text/form.hpp"
#include "web/negotiation.hpp"
#include "web/oidc_responses.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

const SessionSettings& session_settings(const WebContext& web) {
  return web.services.accounts.session_settings;
}

/// A login's grant makes the device known as well.
HttpResponse token_pair(const WebContext& web, const SessionGrant& grant) {
  const auto life =
      std::chrono::floor<std::chrono::seconds>(session_settings(web).access_token_ttl);
  boost::json::object body{{"access_token", grant.access_token},
                           {"token_type", "Bearer"},
                           {"expires_in", life.count()},
                           {"refresh_token", grant.token}};
  if (!grant.device.empty()) body["device_token"] = grant.device;
  return {200, "application/json", boost::json::serialize(body), {}};
}

HttpResponse login_page(const WebContext& web, const PageContext& page, const std::string& email,
                        const Error* error) {
  PageData data;
  const std::string& shown = email.empty() ? page.login_hint : email;
  if (!shown.empty()) data.set("email", shown);
  if (error) {
    const bool about_email = error->code == "invalid_email";
    data.set(about_email ? "email_error" : "alert", error_text(web, page, *error));
  }
  auto response =
      web.pages.render(error ? status_of(*error) : 200, page::kLogin, page, std::move(data));
  if (error) add_error_headers(response, *error);
  return response;
}

HttpResponse refuse_login(const WebCall& call, const Error& error) {
  if (!call.html) return error_response(error);
  return login_page(*call.web, call.page, call.typed_email, &error);
}

/// To where the person came from; to the product; at last to the account page.
std::string after_login(const WebContext& web, const PageContext& page) {
  if (!page.return_to.empty()) return page.return_to;
  const auto& url = web.services.settings.product.url;
  return url.empty() ? "/account" : url;
}

/// Lets the form of the login redirect there (CSP).
void add_product(const WebContext& web, PageContext& page) {
  if (page.form_target.empty()) page.form_target = origin_of(after_login(web, page));
}

Result<LoginRequest> read_login(WebCall& call) {
  const auto fields = read_form(call);
  if (!fields) return fields.error();
  if (call.html) {
    auto page = read_page_context(*call.web, call.request, *fields);
    if (!page) return page.error();
    page->path = call.page.path;
    call.page = *std::move(page);
    add_product(*call.web, call.page);
  }
  const auto typed = fields->required("email");
  if (!typed) return typed.error();
  if (call.html) call.typed_email = *typed;
  const auto password = fields->required("password");
  if (!password) return password.error();
  const auto device = fields->optional("device_token");
  if (!device) return device.error();
  auto email = parse_email(*typed);
  if (!email) return email.error();
  LoginRequest login;
  login.devices = *device ? std::string(**device) : device_cookie_of(call.request);
  login.email = *std::move(email);
  login.password = Secret(std::string(*password));
  login.device = device_of(call.request);
  login.context = context_of(call.request);
  if (call.html) {
    login.kind = SessionKind::kCookie;
    login.old_cookie = session_cookie_of(call.request);
  }
  return login;
}

/// A browser's session is its cookie.
HttpResponse logged_in(const WebCall& call, const SessionGrant& grant,
                       const std::string& email_key) {
  if (!call.html) return token_pair(*call.web, grant);
  auto response = see_other(after_login(*call.web, call.page));
  response.headers.push_back(
      set_session_cookie(grant.token, session_settings(*call.web).session_ttl));
  const auto& devices = call.accounts().devices;
  response.headers.push_back(set_device_cookie(
      devices.put_in_front(device_cookie_of(call.request), grant.device, email_key)));
  return response;
}

void post_login(const WebCallPtr& call) {
  call->page.path = "/login";
  auto login = read_login(*call);
  if (!login) return call->respond(refuse_login(*call, login.error()));
  const auto done = [call, email_key = login->email.key](const Result<SessionGrant>& grant) {
    call->respond(grant ? logged_in(*call, *grant, email_key) : refuse_login(*call, grant.error()));
  };
  log_in(call->accounts(), *std::move(login), done);
}

void get_login(const WebCallPtr& call) {
  const auto& web = call->web;
  const auto& request = call->request;
  auto query = parse_urlencoded(request.query);
  if (!query) return call->respond(error_response_for(*web, request, query.error()));
  auto page = read_page_context(*web, request, Fields(*std::move(query)));
  if (!page) return call->respond(error_response_for(*web, request, page.error()));
  page->path = request.path;
  add_product(*web, *page);
  call->respond(login_page(*web, *page, {}, nullptr));
}

void post_refresh(const WebCallPtr& call) {
  call->html = false;
  const auto fields = read_form(*call);
  if (!fields) return call->respond(error_response(fields.error()));
  const auto token = fields->required_token("refresh_token");
  if (!token) return call->respond(error_response(token.error()));
  refresh(call->accounts(),
          {std::string(*token), device_of(call->request), context_of(call->request)},
          [call](const Result<SessionGrant>& grant) {
            call->respond(grant ? token_pair(*call->web, *grant) : error_response(grant.error()));
          });
}

/// A refresh token in the body, where there is a body, comes before the header and the cookie.
Result<Credentials> read_logout(const WebContext& web, const HttpRequest& request) {
  if (const auto origin = check_origin(request, web.services.settings); !origin) {
    return origin.error();
  }
  Credentials credentials = credentials_of(request);
  if (!request.body.empty()) {
    const auto fields = read_fields(request);
    if (!fields) return fields.error();
    const auto token = fields->optional_token("refresh_token");
    if (!token) return token.error();
    if (*token) credentials = {{}, {}, std::string(**token)};
  }
  const bool has_none = credentials.access_token.empty() && credentials.cookie.empty() &&
                        credentials.refresh_token.empty();
  if (has_none) return unauthorized("nothing was brought");
  return credentials;
}

void post_logout(const WebCallPtr& call) {
  const auto credentials = read_logout(*call->web, call->request);
  if (!credentials) {
    const bool logged_out = call->html && credentials.error().code == "unauthorized";
    return call->respond(logged_out
                             ? see_other("/login")
                             : error_response_for(*call->web, call->request, credentials.error()));
  }
  log_out(call->accounts(), *credentials, context_of(call->request), [call](const Status& status) {
    // A session that has ended already is what was asked for.
    if (!status && status.error().code != "unauthorized") {
      return call->respond(error_response(status.error()));
    }
    auto response =
        call->html ? see_other("/login?done=logged_out") : HttpResponse{204, {}, {}, {}};
    if (!session_cookie_of(call->request).empty()) {
      response.headers.push_back(clear_session_cookie());
    }
    call->respond(std::move(response));
  });
}

HttpResponse key_set(const WebContext& web, const HttpRequest& request) {
  const auto age = std::chrono::seconds(limits::kKeySetAge).count();
  HttpResponse response{200,
                        "application/json",
                        web.services.accounts.keys.ring()->jwks(),
                        {{"Cache-Control", "public, max-age=" + std::to_string(age)}}};
  allow_any_origin(web, request, response);
  return response;
}

}  // namespace

void add_login_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", "/login", get_login);
  add_route(router, web, "POST", "/login", post_login);
  add_route(router, web, "POST", "/refresh", post_refresh);
  add_route(router, web, "POST", "/logout", post_logout);
  router.add("GET", "/.well-known/jwks.json",
             [web](const HttpRequest& request, const Respond& respond) {
               respond(key_set(*web, request));
             });
}

}  // namespace postern
