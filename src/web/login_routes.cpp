// POST /login, /refresh and /logout, the page of the login, and the public keys.
//
// A browser's form gets a cookie and a redirect; every other client gets tokens.
#include <boost/json.hpp>

#include "account/end_sessions.hpp"
#include "account/login.hpp"
#include "account/refresh.hpp"
#include "base/limits.hpp"
#include "text/form.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

struct Attempt {
  WebContextPtr web;
  Respond respond;
  PageContext page;
  std::string typed_email;
  /// Of the browser's cookie.
  std::string devices;
  std::string email_key;
  bool html = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

const SessionSettings& session_settings(const WebContext& web) {
  return web.services.accounts.sessions->settings;
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
  if (!email.empty()) data.set("email", email);
  if (error) {
    const bool about_email = error->code == "invalid_email";
    data.set(about_email ? "email_error" : "alert", error_text(web, page, *error));
  }
  auto response =
      web.pages.render(error ? status_of(*error) : 200, page::kLogin, page, std::move(data));
  if (error) add_error_headers(response, *error);
  return response;
}

HttpResponse refuse_login(const Attempt& attempt, const Error& error) {
  if (!attempt.html) return error_response(error);
  return login_page(*attempt.web, attempt.page, attempt.typed_email, &error);
}

Result<LoginRequest> read_login(const HttpRequest& request, Attempt& attempt) {
  const auto& settings = attempt.web->services.settings;
  if (const auto origin = check_origin(request, settings); !origin) return origin.error();
  const auto fields = read_fields(request);
  if (!fields) return fields.error();
  if (attempt.html) {
    const auto locale = fields->optional("locale");
    if (!locale) return locale.error();
    attempt.page.locale = choose_locale(request, *locale);
  }
  const auto typed = fields->required("email");
  if (!typed) return typed.error();
  if (attempt.html) attempt.typed_email = *typed;
  const auto password = fields->required("password");
  if (!password) return password.error();
  const auto device = fields->optional("device_token");
  if (!device) return device.error();
  auto email = parse_email(*typed);
  if (!email) return email.error();
  attempt.devices = device_cookie_of(request);
  attempt.email_key = email->key;
  LoginRequest login;
  login.devices = *device ? std::string(**device) : attempt.devices;
  login.email = *std::move(email);
  login.password = Secret(std::string(*password));
  login.device = device_of(request);
  login.context = context_of(request);
  if (attempt.html) {
    login.kind = SessionKind::kCookie;
    login.old_cookie = session_cookie_of(request);
  }
  return login;
}

void post_login(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  const auto attempt = std::make_shared<Attempt>();
  attempt->web = web;
  attempt->respond = std::move(respond);
  attempt->html = wants_html(request);
  attempt->page.path = "/login";
  attempt->page.locale = choose_locale(request, std::nullopt);
  auto login = read_login(request, *attempt);
  if (!login) return attempt->respond(refuse_login(*attempt, login.error()));
  log_in(web->services.accounts, *std::move(login), [attempt](Result<SessionGrant> grant) {
    if (!grant) return attempt->respond(refuse_login(*attempt, grant.error()));
    if (!attempt->html) return attempt->respond(token_pair(*attempt->web, *grant));
    auto response = see_other("/account");
    response.headers.push_back(
        set_session_cookie(grant->token, session_settings(*attempt->web).session_ttl));
    const auto& devices = attempt->web->services.accounts.sessions->devices;
    response.headers.push_back(set_device_cookie(
        devices.put_in_front(attempt->devices, grant->device, attempt->email_key)));
    attempt->respond(std::move(response));
  });
}

void get_login(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  auto query = parse_urlencoded(request.query);
  if (!query) return respond(error_response_for(*web, request, query.error()));
  auto page = read_page_context(*web, request, Fields(*std::move(query)));
  if (!page) return respond(error_response_for(*web, request, page.error()));
  page->path = request.path;
  respond(login_page(*web, *page, {}, nullptr));
}

void post_refresh(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  if (const auto origin = check_origin(request, web->services.settings); !origin) {
    return respond(error_response(origin.error()));
  }
  const auto fields = read_fields(request);
  if (!fields) return respond(error_response(fields.error()));
  const auto token = fields->required_token("refresh_token");
  if (!token) return respond(error_response(token.error()));
  refresh(web->services.accounts, {std::string(*token), device_of(request), context_of(request)},
          [web, respond = std::move(respond)](Result<SessionGrant> grant) {
            respond(grant ? token_pair(*web, *grant) : error_response(grant.error()));
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

void post_logout(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  const bool html = wants_html(request);
  const auto credentials = read_logout(*web, request);
  if (!credentials) {
    const bool logged_out = html && credentials.error().code == "unauthorized";
    return respond(logged_out ? see_other("/login")
                              : error_response_for(*web, request, credentials.error()));
  }
  const bool has_cookie = !session_cookie_of(request).empty();
  log_out(web->services.accounts, *credentials, context_of(request),
          [respond, html, has_cookie](const Status& status) {
            // A session that has ended already is what was asked for.
            if (!status && status.error().code != "unauthorized") {
              return respond(error_response(status.error()));
            }
            auto response =
                html ? see_other("/login?done=logged_out") : HttpResponse{204, {}, {}, {}};
            if (has_cookie) response.headers.push_back(clear_session_cookie());
            respond(std::move(response));
          });
}

HttpResponse key_set(const WebContext& web) {
  const auto age = std::chrono::seconds(limits::kKeySetAge).count();
  return {200,
          "application/json",
          web.services.accounts.sessions->keys.ring()->jwks(),
          {{"Cache-Control", "public, max-age=" + std::to_string(age)}}};
}

}  // namespace

void add_login_routes(Router& router, const WebContextPtr& web) {
  const auto add = [&](std::string_view method, std::string_view path, auto handle) {
    router.add(method, path, [web, handle](const HttpRequest& request, Respond respond) {
      handle(web, request, std::move(respond));
    });
  };
  add("GET", "/login", get_login);
  add("POST", "/login", post_login);
  add("POST", "/refresh", post_refresh);
  add("POST", "/logout", post_logout);
  router.add("GET", "/.well-known/jwks.json",
             [web](const HttpRequest&, const Respond& respond) { respond(key_set(*web)); });
}

}  // namespace postern
