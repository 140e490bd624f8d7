// GET /confirm-email shows what a link would do and changes nothing, ever: mail scanners open
// links. POST /confirm-email gives the account its new address.
#include <boost/json.hpp>

#include "account/change_email.hpp"
#include "text/form.hpp"
#include "text/locale.hpp"
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
  std::string token;
  bool html = false;
};
using AttemptPtr = std::shared_ptr<Attempt>;

HttpResponse json(std::string_view status) {
  return {
      200, "application/json", boost::json::serialize(boost::json::object{{"status", status}}), {}};
}

HttpResponse refuse_attempt(const Attempt& attempt, const Error& error) {
  if (!attempt.html) return error_response(error);
  if (error.code != "invalid_token") return error_page(*attempt.web, attempt.page, error);
  PageData data;
  data.set("message",
           attempt.web->pages.strings().get(attempt.page.locale, "invalid_email_link_message"));
  return attempt.web->pages.render(400, page::kInvalidEmailLink, attempt.page, std::move(data));
}

HttpResponse question(const Attempt& attempt, const ValidEmailToken& live) {
  PageData data;
  data.set("masked_email", live.masked_email);
  data.set("masked_account", live.masked_account);
  PageContext page = attempt.page;
  page.path = "/confirm-email";
  page.token = attempt.token;
  return attempt.web->pages.render(200, page::kConfirmEmail, page, std::move(data));
}

Result<std::string> read_token(const HttpRequest& request, Attempt& attempt) {
  const auto& settings = attempt.web->services.settings;
  if (const auto origin = check_origin(request, settings); !origin) return origin.error();
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  const Fields query_fields(*std::move(query));
  const auto in_query = *query_fields.optional_token("token");
  if (request.body.empty() && in_query) return std::string(*in_query);
  const auto body = read_fields(request);
  if (!body) return body.error();
  const auto locale = body->optional("locale");
  if (!locale) return locale.error();
  attempt.page.locale = choose_locale(request, *locale);
  const auto in_body = body->optional_token("token");
  if (!in_body) return in_body.error();
  if (*in_body) return std::string(**in_body);
  if (in_query) return std::string(*in_query);
  return request_error("missing_field", "The field \"token\" is missing.");
}

AttemptPtr begin(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  auto attempt = std::make_shared<Attempt>();
  attempt->web = web;
  attempt->respond = respond;
  attempt->page.locale = choose_locale(request, std::nullopt);
  return attempt;
}

void get(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  const auto attempt = begin(web, request, respond);
  attempt->html = prefer(request.header("Accept")) != Preference::kJson;
  auto query = parse_urlencoded(request.query);
  const Fields fields(query ? *std::move(query) : FormFields());
  const auto token = *fields.optional_token("token");
  attempt->token = std::string(token.value_or(""));
  const auto locale = *fields.optional("locale");
  attempt->page.locale_chosen = locale.has_value();
  if (locale) attempt->page.locale = choose_locale(request, locale);
  check_email_token(
      web->services.accounts, attempt->token, [attempt](const Result<ValidEmailToken>& live) {
        if (!live) return attempt->respond(refuse_attempt(*attempt, live.error()));
        if (!attempt->page.locale_chosen) {
          attempt->page.locale = match_locale(live->locale).value_or(attempt->page.locale);
        }
        attempt->respond(attempt->html ? question(*attempt, *live) : json("waiting"));
      });
}

void post(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  const auto attempt = begin(web, request, respond);
  attempt->html = wants_html(request);
  const auto token = read_token(request, *attempt);
  if (!token) return respond(refuse_attempt(*attempt, token.error()));
  confirm_email(web->services.accounts, {*token, credentials_of(request), context_of(request)},
                [attempt](const Result<ValidEmailToken>& live) {
                  if (!live) return attempt->respond(refuse_attempt(*attempt, live.error()));
                  attempt->respond(attempt->html
                                       ? attempt->web->pages.render(200, page::kEmailConfirmed,
                                                                    attempt->page, {})
                                       : json("email_confirmed"));
                });
}

}  // namespace

void add_confirm_email_routes(Router& router, const WebContextPtr& web) {
  router.add("GET", "/confirm-email", [web](const HttpRequest& request, const Respond& respond) {
    get(web, request, respond);
  });
  router.add("POST", "/confirm-email", [web](const HttpRequest& request, const Respond& respond) {
    post(web, request, respond);
  });
}

}  // namespace postern
