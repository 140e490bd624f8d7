// GET /confirm-email shows what a link would do and changes nothing, ever: mail scanners open
// links. POST /confirm-email gives the account its new address.
#include <boost/json.hpp>

#include "account/change_email.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/confirm-email";

HttpResponse json(std::string_view status) {
  return {
      200, "application/json", boost::json::serialize(boost::json::object{{"status", status}}), {}};
}

HttpResponse refusal_of(const WebCall& call, const Error& error) {
  if (!call.html) return error_response(error);
  if (error.code != "invalid_token") return error_page(*call.web, call.page, error);
  PageData data;
  data.set("message",
           call.web->pages.strings().get(call.page.locale, "invalid_email_link_message"));
  return call.web->pages.render(400, page::kInvalidEmailLink, call.page, std::move(data));
}

HttpResponse question(const WebCall& call, const std::string& token, const ValidEmailToken& valid) {
  PageData data;
  data.set("masked_email", valid.masked_email);
  data.set("masked_account", valid.masked_account);
  PageContext page = call.page;
  page.path = kPath;
  page.token = token;
  return call.web->pages.render(200, page::kConfirmEmail, page, std::move(data));
}

/// A client that has the token in the query may send no body.
Result<std::string> read_request(WebCall& call) {
  if (!call.request.body.empty()) {
    const auto fields = read_form(call);
    return fields ? read_token(call.request, *fields) : fields.error();
  }
  const auto origin = check_origin(call.request, call.web->services.settings);
  if (!origin) return origin.error();
  return read_token(call.request, Fields(FormFields()));
}

void get(const WebCallPtr& call) {
  call->html = prefer(call->request.header("Accept")) != Preference::kJson;
  const std::string token = read_link(*call);
  check_email_token(call->accounts(), token, [call, token](const Result<ValidEmailToken>& valid) {
    if (!valid) return call->respond(refusal_of(*call, valid.error()));
    suggest_locale(call->page, valid->locale);
    call->respond(call->html ? question(*call, token, *valid) : json("waiting"));
  });
}

void post(const WebCallPtr& call) {
  const auto token = read_request(*call);
  if (!token) return call->respond(refusal_of(*call, token.error()));
  const auto done = [call](const Result<ValidEmailToken>& valid) {
    if (!valid) return call->respond(refusal_of(*call, valid.error()));
    call->respond(call->html ? call->web->pages.render(200, page::kEmailConfirmed, call->page, {})
                             : json("email_confirmed"));
  };
  confirm_email(call->accounts(),
                {*token, credentials_of(call->request), context_with_device(call->request)}, done);
}

}  // namespace

void add_confirm_email_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", kPath, get);
  add_route(router, web, "POST", kPath, post);
}

}  // namespace postern
