// /me: what a person who is logged in sees and changes of the account.
//
// Forms cannot send PATCH and DELETE: a hidden field _method in a POST stands for them, and the
// response is a way back to the page.
#include <boost/json.hpp>

#include "account/change_email.hpp"
#include "account/change_password.hpp"
#include "account/change_profile.hpp"
#include "account/delete_account.hpp"
#include "text/display_name.hpp"
#include "text/locale.hpp"
#include "web/account_page.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"

namespace postern {
namespace {

constexpr std::string_view kEmailChangeAccepted =
    R"({"status":"accepted",)"
    R"("message":"The address changes when the link in the email to it is followed."})";

HttpResponse describe(const Account& account) {
  boost::json::object body{{"id", account.id},
                           {"email", account.email},
                           {"display_name", account.display_name},
                           {"locale", account.locale},
                           {"created_at", to_rfc3339(account.created_at)}};
  if (!account.pending_email.empty()) body["pending_email"] = account.pending_email;
  return {200, "application/json", boost::json::serialize(body), {}};
}

/// The error, on the account page or as problem+json.
void refuse(const WebCallPtr& call, const Error& error) {
  call->html ? refuse_form(call, error) : call->respond(error_response(error));
}

/// The way back to the page, or `response` for other clients.
void finish(const WebCallPtr& call, std::string_view done, HttpResponse response) {
  call->respond(call->html ? see_other("/account?done=" + std::string(done)) : std::move(response));
}

/// Many clients send no body with DELETE: what is missing then is the password.
Result<Fields> read_change(WebCall& call) {
  const auto origin = check_origin(call.request, call.web->services.settings);
  if (!origin) return origin.error();
  if (call.request.method == "DELETE" && call.request.body.empty()) {
    return Fields(boost::json::object());
  }
  return read_fields(call.request);
}

Status read_display_name(const Fields& fields, ProfileChange& change) {
  const auto name = fields.optional("display_name");
  if (!name) return name.error();
  if (!*name) return {};
  if (!is_display_name(**name)) {
    return request_error("invalid_field",
                         "The field \"display_name\" must be one line of at most 200 bytes.");
  }
  change.display_name = std::string(**name);
  return {};
}

Result<ProfileChange> read_profile(const Fields& fields, const HttpRequest& request) {
  ProfileChange change;
  change.context = context_of(request);
  if (const auto read = read_display_name(fields, change); !read) return read.error();
  const auto locale = fields.optional("locale");
  if (!locale) return locale.error();
  if (!*locale) return change;
  change.locale = match_locale(**locale);
  if (change.locale) return change;
  return request_error("invalid_field", "The field \"locale\" must be en or ru.");
}

void patch_me(const WebCallPtr& call, const Fields& fields) {
  auto change = read_profile(fields, call->request);
  if (!change) return refuse(call, change.error());
  change_profile(call->accounts(), credentials_of(call), *std::move(change),
                 [call](const Result<Account>& account) {
                   if (!account) return refuse(call, account.error());
                   finish(call, "profile", describe(*account));
                 });
}

/// Many clients and proxies drop it: RFC 9110, section 9.3.5, gives a body of DELETE no meaning.
Error explain_missing(const WebCallPtr& call, Error error) {
  if (call->request.method == "DELETE" && call->request.body.empty()) {
    error.text += " Clients that send no body with DELETE use POST /me/delete.";
  }
  return error;
}

void delete_me(const WebCallPtr& call, const Fields& fields) {
  const auto password = fields.required("password");
  if (!password) return refuse(call, explain_missing(call, password.error()));
  delete_account(call->accounts(), credentials_of(call),
                 {Secret(std::string(*password)), context_with_device(call->request)},
                 [call](const Status& status) {
                   if (!status) return refuse(call, status.error());
                   auto response =
                       call->html ? see_other("/?done=deleted") : HttpResponse{204, {}, {}, {}};
                   response.headers.push_back(clear_session_cookie());
                   call->respond(std::move(response));
                 });
}

void post_me(const WebCallPtr& call, const Fields& fields) {
  const auto method = fields.optional("_method");
  if (!method) return refuse(call, method.error());
  if (*method == "DELETE") {
    call->form = account_form::kDelete;
    return delete_me(call, fields);
  }
  patch_me(call, fields);
}

void post_password(const WebCallPtr& call, const Fields& fields) {
  const auto current = fields.required("current_password");
  if (!current) return refuse(call, current.error());
  const auto wanted = fields.required("new_password");
  if (!wanted) return refuse(call, wanted.error());
  change_password(
      call->accounts(), credentials_of(call),
      {Secret(std::string(*current)), Secret(std::string(*wanted)),
       context_with_device(call->request)},
      [call](const Result<ChangedPassword>& changed) {
        if (!changed) return refuse(call, changed.error());
        HttpResponse response =
            call->html ? see_other("/account?done=password") : HttpResponse{204, {}, {}, {}};
        if (!credentials_of(call->request).cookie.empty()) {
          response.headers.push_back(set_device_cookie(call->accounts().devices.put_in_front(
              device_cookie_of(call->request), changed->device, changed->email_key)));
        }
        call->respond(std::move(response));
      });
}

void post_email(const WebCallPtr& call, const Fields& fields) {
  const auto typed = fields.required("email");
  if (!typed) return refuse(call, typed.error());
  call->typed_email = *typed;
  const auto password = fields.required("password");
  if (!password) return refuse(call, password.error());
  auto email = parse_email(*typed);
  if (!email) return refuse(call, email.error());
  request_email_change(
      call->accounts(), credentials_of(call),
      {*std::move(email), Secret(std::string(*password)), context_with_device(call->request)},
      [call](const Status& status) {
        if (!status) return refuse(call, status.error());
        finish(call, "email", {202, "application/json", std::string(kEmailChangeAccepted), {}});
      });
}

void get_me(const WebCallPtr& call) {
  signed_in(call->accounts(), credentials_of(call), {}, [call](const Result<SignedIn>& person) {
    call->respond(person ? describe(person->account) : error_response(person.error()));
  });
}

/// A change that the form `form` of the account page sends.
template <void (*handle)(const WebCallPtr& call, const Fields& fields),
          const std::string_view& form>
void change(const WebCallPtr& call) {
  call->form = form;
  const auto fields = read_change(*call);
  if (!fields) return refuse(call, fields.error());
  handle(call, *fields);
}

}  // namespace

void add_me_routes(Router& router, const WebContextPtr& web) {
  namespace form = account_form;
  add_route(router, web, "GET", "/me", get_me);
  add_route(router, web, "PATCH", "/me", change<patch_me, form::kProfile>);
  add_route(router, web, "DELETE", "/me", change<delete_me, form::kDelete>);
  add_route(router, web, "POST", "/me", change<post_me, form::kProfile>);
  add_route(router, web, "POST", "/me/delete", change<delete_me, form::kDelete>);
  add_route(router, web, "POST", "/me/password", change<post_password, form::kPassword>);
  add_route(router, web, "POST", "/me/email", change<post_email, form::kEmail>);
}

}  // namespace postern
