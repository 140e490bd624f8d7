// GET /account: the page of a person who is logged in. GET /account/delete: the second step of
// deleting the account.
#include <algorithm>
#include <utility>
#include <vector>

#include "text/form.hpp"
#include "web/account_page.hpp"
#include "web/device_name.hpp"
#include "web/negotiation.hpp"
#include "web/page_values.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"

namespace postern {
namespace {

constexpr std::string_view kDeletePath = "/account/delete";

PageData describe_session(const Session& session, bool current) {
  PageData data;
  data.set("id", session.id);
  if (auto device = device_name(session.user_agent); !device.empty()) {
    data.set("device", std::move(device));
  }
  data.set("ip", session.ip);
  set_time(data, "last_used_at", session.last_used_at);
  set_time(data, "created_at", session.created_at);
  data.set("current", current);
  return data;
}

/// The one that looks first, then the latest.
void add_sessions(PageData& data, const WebContext& web, const SignedIn& person) {
  const auto& services = web.services.accounts;
  const auto now = services.clock.now();
  std::vector<const Session*> active;
  for (const auto& session : person.sessions) {
    if (is_active(session, person.account, services.session_settings, now)) {
      active.push_back(&session);
    }
  }
  const auto rank = [&](const Session* session) {
    return std::pair(session->id == person.session.id, session->last_used_at);
  };
  std::sort(active.begin(), active.end(),
            [&](const Session* a, const Session* b) { return rank(a) > rank(b); });
  PageData sessions(PageData::type::list);
  for (const Session* session : active) {
    sessions.push_back(describe_session(*session, session->id == person.session.id));
  }
  data.set("sessions", sessions);
  data.set("other_sessions", active.size() > 1);
}

PageData locale_choices(const WebContext& web, const std::string& chosen) {
  PageData list(PageData::type::list);
  for (const auto& tag : web.pages.strings().locales()) {
    PageData choice;
    choice.set("tag", tag);
    choice.set("name", web.pages.strings().get(tag, "language"));
    choice.set("chosen", tag == chosen);
    list.push_back(choice);
  }
  return list;
}

std::string reason_of(const WebContext& web, const PageContext& page, const Error& error) {
  if (error.code != "weak_password") return error_text(web, page, error);
  return web.pages.strings().get(page.locale, std::string("weak_").append(weakness(error)));
}

/// The field of a form's error; empty: none of them.
std::string_view field_of(std::string_view form, std::string_view code) {
  if (form == account_form::kProfile) return code == "invalid_field" ? "display_name" : "";
  if (form == account_form::kPassword && code == "weak_password") return "new_password";
  if (form == account_form::kEmail && code == "invalid_email") return "email";
  if (code != "wrong_password" && code != "too_many_attempts") return "";
  if (form == account_form::kPassword) return "current_password";
  return form == account_form::kEmail ? "email_password" : "delete_password";
}

/// The words stand at the field, in the form that is open, or above everything.
void add_failure(PageData& data, const WebCall& call, const Error& error) {
  const auto field = field_of(call.form, error.code);
  data.set(field.empty() ? "alert" : std::string(field).append("_error"),
           reason_of(*call.web, call.page, error));
  if (!field.empty()) data.set(std::string(call.form).append("_open"), true);
  if (!call.typed_email.empty()) data.set("typed_email", call.typed_email);
}

HttpResponse render(const WebCall& call, const PageKind& kind, PageData data, const Error* error) {
  if (error) add_failure(data, call, *error);
  auto response =
      call.web->pages.render(error ? status_of(*error) : 200, kind, call.page, std::move(data));
  if (error) add_error_headers(response, *error);
  return response;
}

/// `error`: of the form that was sent, if it failed.
HttpResponse account_page(const WebCall& call, const SignedIn& person, const Error* error) {
  PageData data;
  data.set("wide", true);
  data.set("email", person.account.email);
  if (const auto& url = call.web->services.settings.product.url; !url.empty()) {
    data.set("product_url", url);
  }
  data.set("display_name", person.account.display_name);
  data.set("account_locales", locale_choices(*call.web, person.account.locale));
  if (!person.account.pending_email.empty()) {
    data.set("pending_email", person.account.pending_email);
  }
  add_sessions(data, *call.web, person);
  return render(call, page::kAccount, std::move(data), error);
}

/// The second step of deleting an account: names it, lists what is lost, and asks for the password.
HttpResponse delete_page(const WebCall& call, const SignedIn& person, const Error* error) {
  PageData data;
  data.set("email", person.account.email);
  return render(call, page::kDelete, std::move(data), error);
}

using RenderPerson = HttpResponse (*)(const WebCall& call, const SignedIn& person,
                                      const Error* error);

template <RenderPerson render_person>
void get_page(const WebCallPtr& call) {
  auto query = parse_urlencoded(call->request.query);
  if (!query) {
    return call->respond(error_response_for(*call->web, call->request, query.error()));
  }
  auto page = read_page_context(*call->web, call->request, Fields(*std::move(query)));
  if (!page) return call->respond(error_response_for(*call->web, call->request, page.error()));
  call->page.path = call->request.path;
  call->page.done = page->done;
  call->page.locale_chosen = page->locale_chosen;
  if (page->locale_chosen) call->page.locale = page->locale;
  signed_in(call->accounts(), credentials_of(call->request), {},
            [call](const Result<SignedIn>& person) {
              if (!person) return refuse_form(call, person.error());
              if (!call->page.locale_chosen) {
                call->page.locale = choose_locale(call->request, person->account.locale);
              }
              call->respond(render_person(*call, *person, nullptr));
            });
}

/// The form again, with what was wrong.
void show_failure(const WebCallPtr& call, const SignedIn& person, const Error& error) {
  const bool deletes = call->form == account_form::kDelete;
  call->page.path = deletes ? kDeletePath : "/account";
  call->page.locale = choose_locale(call->request, person.account.locale);
  call->respond(deletes ? delete_page(*call, person, &error) : account_page(*call, person, &error));
}

}  // namespace

void refuse_form(const WebCallPtr& call, const Error& error) {
  if (error.code == "unauthorized") {
    if (session_cookie_of(call->request).empty()) return call->respond(see_other("/login"));
    auto response = see_other("/login?done=ended");
    response.headers.push_back(clear_session_cookie());
    return call->respond(std::move(response));
  }
  // A request from elsewhere is shown nothing of the account.
  if (error.code == "cross_site") {
    return call->respond(error_response_for(*call->web, call->request, error));
  }
  // The operation that failed has found the person, or none was asked.
  if (call->person) return show_failure(call, *call->person, error);
  signed_in(call->accounts(), credentials_of(call), {},
            [call, error](const Result<SignedIn>& person) {
              if (person) return show_failure(call, *person, error);
              call->respond(person.error().code == "unauthorized"
                                ? see_other("/login?done=ended")
                                : error_response_for(*call->web, call->request, person.error()));
            });
}

void add_account_page_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", "/account", get_page<account_page>);
  add_route(router, web, "GET", kDeletePath, get_page<delete_page>);
  // Password managers send people here to change a password (W3C, A Well-Known URL for Changing
  // Passwords).
  router.add("GET", "/.well-known/change-password",
             [](const HttpRequest&, const Respond& respond) { respond(see_other("/account")); });
}

}  // namespace postern
