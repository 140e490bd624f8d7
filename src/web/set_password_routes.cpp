// GET /set-password shows the form of a valid token and changes nothing, ever: mail scanners open
// links. POST /set-password sets the password.
//
// The token travels from the link's query into a hidden field of the form, and nowhere else.
#include "account/session_services.hpp"
#include "account/set_password.hpp"

#include <optional>

#include "text/locale.hpp"
#include "text/url.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/set-password";

/// One request on its way; shared by the steps that follow one another.
struct Attempt {
  WebContextPtr web;
  Respond respond;
  PageContext page;
  /// Of the browser's cookie.
  std::string devices;
  bool html = false;

  const WebContext& at() const { return *web; }
};
using AttemptPtr = std::shared_ptr<Attempt>;

Error invalid_token() { return {"invalid_token", Retry::kNever, {}}; }

HttpResponse password_form(const Attempt& attempt, const ValidToken* token, const Error* error) {
  const auto& strings = attempt.at().pages.strings();
  PageData data;
  if (token) {
    data.set("masked_email", token->masked_email);
    data.set("username", token->email);
    if (token->takes_back) {
      data.set("take_back", strings.get(attempt.page.locale, "set_take_back"));
    }
  }
  if (error && error->code == "weak_password") {
    const std::string key = std::string("weak_").append(weakness(*error));
    data.set("password_error", strings.get(attempt.page.locale, key));
  } else if (error) {
    data.set("alert", error_text(attempt.at(), attempt.page, *error));
  }
  auto response = attempt.at().pages.render(error ? status_of(*error) : 200, page::kSetPassword,
                                            attempt.page, std::move(data));
  ask_to_retry(response);
  return response;
}

HttpResponse done_page(const Attempt& attempt, const ValidToken& token) {
  const auto& settings = attempt.at().services.settings;
  const auto& strings = attempt.at().pages.strings();
  PageData data;
  // The list of addresses may have changed since the token was made.
  if (is_allowed_return_url(token.return_to, settings.return_urls)) {
    data.set("continue_url", token.return_to);
    data.set("continue_label", strings.get(attempt.page.locale, "password_set_continue"));
  } else if (!settings.product.url.empty()) {
    data.set("continue_url", settings.product.url);
    data.set("continue_label", strings.get(attempt.page.locale, "password_set_product"));
  }
  PageContext page = attempt.page;
  page.path.clear();
  page.token.clear();
  page.return_to.clear();
  auto response = attempt.at().pages.render(200, page::kPasswordSet, page, std::move(data));
  // The browser of the person who reads the account's emails is known from now on. It is not logged
  // in.
  if (const auto* sessions = attempt.at().services.accounts.sessions) {
    response.headers.push_back(set_device_cookie(
        sessions->devices.put_in_front(attempt.devices, token.device, token.email_key)));
  }
  return response;
}

HttpResponse invalid_link(const Attempt& attempt) {
  PageContext page = attempt.page;
  page.token.clear();
  return invalid_link_page(attempt.at(), page);
}

/// `token`: nullptr when it is not known to be valid.
HttpResponse refuse_attempt(const Attempt& attempt, const Error& error,
                            const ValidToken* token = nullptr) {
  if (!attempt.html) return error_response(error);
  if (error.code == "invalid_token") return invalid_link(attempt);
  if (error.code == "weak_password" || error.retry == Retry::kLater) {
    return password_form(attempt, token, &error);
  }
  PageContext page = attempt.page;
  page.path.clear();
  return error_page(attempt.at(), page, error);
}

/// The token of the query, of the body, or of both where they say the same.
Result<std::string> pick_token(std::optional<std::string_view> in_query,
                               std::optional<std::string_view> in_body) {
  if (in_query && in_body && *in_query != *in_body) {
    return request_error("invalid_field", "The query and the body have different tokens.");
  }
  if (in_body) return std::string(*in_body);
  if (in_query) return std::string(*in_query);
  return request_error("missing_field", "The field \"token\" is missing.");
}

Result<SetPasswordRequest> read_request(const HttpRequest& request, Attempt& attempt) {
  if (const auto origin = check_origin(request, attempt.at().services.settings); !origin) {
    return origin.error();
  }
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  const Fields query_fields(*std::move(query));
  const auto body = read_fields(request);
  if (!body) return body.error();
  const auto locale = body->optional("locale");
  if (!locale) return locale.error();
  if (attempt.html) attempt.page.locale = choose_locale(request, *locale);
  const auto token_in_body = body->optional_token("token");
  if (!token_in_body) return token_in_body.error();
  auto token = pick_token(*query_fields.optional_token("token"), *token_in_body);
  if (!token) return token.error();
  if (attempt.html) attempt.page.token = *token;
  const auto password = body->required("password");
  if (!password) return password.error();
  return SetPasswordRequest{*std::move(token), Secret(std::string(*password)), context_of(request)};
}

AttemptPtr begin(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  auto attempt = std::make_shared<Attempt>();
  attempt->web = web;
  attempt->respond = std::move(respond);
  attempt->page.path = kPath;
  attempt->page.locale = choose_locale(request, std::nullopt);
  return attempt;
}

void post(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  const auto attempt = begin(web, request, std::move(respond));
  attempt->html = wants_html(request);
  attempt->devices = device_cookie_of(request);
  auto read = read_request(request, *attempt);
  if (!read) return attempt->respond(refuse_attempt(*attempt, read.error()));
  const auto done = [attempt](const Status& status, const ValidToken* token) {
    if (!status) return attempt->respond(refuse_attempt(*attempt, status.error(), token));
    attempt->respond(attempt->html ? done_page(*attempt, *token) : password_is_set(token->device));
  };
  set_password(web->services.accounts, *std::move(read), done);
}

void get(const WebContextPtr& web, const HttpRequest& request, Respond respond) {
  const auto attempt = begin(web, request, std::move(respond));
  attempt->html = prefer(request.header("Accept")) != Preference::kJson;
  auto query = parse_urlencoded(request.query);
  if (!query) return attempt->respond(refuse_attempt(*attempt, invalid_token()));
  const Fields fields(*std::move(query));
  const auto locale = *fields.optional("locale");
  attempt->page.locale_chosen = locale.has_value();
  if (locale) attempt->page.locale = choose_locale(request, locale);
  const auto token = *fields.optional_token("token");
  if (!token) return attempt->respond(refuse_attempt(*attempt, invalid_token()));
  attempt->page.token = *token;
  check_set_password_token(
      web->services.accounts, std::string(*token), [attempt](const Result<ValidToken>& valid) {
        if (!valid) return attempt->respond(refuse_attempt(*attempt, valid.error()));
        if (!attempt->page.locale_chosen) {
          attempt->page.locale = match_locale(valid->locale).value_or(attempt->page.locale);
        }
        attempt->respond(password_form(*attempt, &*valid, nullptr));
      });
}

}  // namespace

void add_set_password_routes(Router& router, const WebContextPtr& web) {
  router.add("GET", kPath, [web](const HttpRequest& request, Respond respond) {
    get(web, request, std::move(respond));
  });
  router.add("POST", kPath, [web](const HttpRequest& request, Respond respond) {
    post(web, request, std::move(respond));
  });
}

}  // namespace postern
