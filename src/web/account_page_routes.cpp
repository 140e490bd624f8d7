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
    if (is_active(session, person.account, services.sessions->settings, now)) {
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
std::string_view field_of(const FailedForm& failed) {
  const std::string_view code = failed.error.code;
  if (failed.form == "profile") return code == "invalid_field" ? "display_name" : "";
  if (failed.form == "password" && code == "weak_password") return "new_password";
  if (failed.form == "email" && code == "invalid_email") return "email";
  if (code != "wrong_password" && code != "too_many_attempts") return "";
  if (failed.form == "password") return "current_password";
  return failed.form == "email" ? "email_password" : "delete_password";
}

/// The words stand at the field, in the form that is open, or above everything.
void add_failure(PageData& data, const WebContext& web, const PageContext& page,
                 const FailedForm& failed) {
  const auto field = field_of(failed);
  data.set(field.empty() ? "alert" : std::string(field).append("_error"),
           reason_of(web, page, failed.error));
  if (!field.empty()) data.set(std::string(failed.form).append("_open"), true);
  if (!failed.typed_email.empty()) data.set("typed_email", failed.typed_email);
}

/// Which form of the page it was that sent this.
FailedForm failed_form(const HttpRequest& request, const Error& error) {
  FailedForm failed{"profile", error};
  if (request.path == "/me/sessions") failed.form = "sessions";
  if (request.path == "/me/password") failed.form = "password";
  if (request.path == "/me/email") failed.form = "email";
  const auto fields = read_fields(request);
  if (!fields) return failed;
  const auto method = fields->optional("_method");
  if (request.path == "/me/delete") failed.form = "delete";
  if (request.path == "/me" && method && *method == "DELETE") failed.form = "delete";
  const auto email = fields->optional("email");
  if (failed.form == "email" && email && *email) failed.typed_email = **email;
  return failed;
}

PageContext visit_of(const HttpRequest& request, const SignedIn& person) {
  PageContext page;
  page.path = request.method == "GET" ? request.path : "/account";
  page.locale = choose_locale(request, person.account.locale);
  return page;
}

using RenderPerson = HttpResponse (*)(const WebContext& web, const PageContext& page,
                                      const SignedIn& person, const FailedForm* failed);

void get_page(const WebContextPtr& web, const HttpRequest& request, const Respond& respond,
              RenderPerson render) {
  auto query = parse_urlencoded(request.query);
  if (!query) return respond(error_response_for(*web, request, query.error()));
  const Fields fields(*std::move(query));
  const auto asked = read_page_context(*web, request, fields);
  if (!asked) return respond(error_response_for(*web, request, asked.error()));
  signed_in(web->services.accounts, credentials_of(request), {},
            [web, &request, respond, render, asked = *asked](const Result<SignedIn>& person) {
              if (!person) return refuse_form(web, request, person.error(), respond);
              PageContext page = visit_of(request, *person);
              page.done = asked.done;
              page.locale_chosen = asked.locale_chosen;
              if (page.locale_chosen) page.locale = asked.locale;
              respond(render(*web, page, *person, nullptr));
            });
}

}  // namespace

HttpResponse account_page(const WebContext& web, const PageContext& page, const SignedIn& person,
                          const FailedForm* failed) {
  PageData data;
  data.set("wide", true);
  data.set("email", person.account.email);
  data.set("display_name", person.account.display_name);
  data.set("account_locales", locale_choices(web, person.account.locale));
  if (!person.account.pending_email.empty()) {
    data.set("pending_email", person.account.pending_email);
  }
  add_sessions(data, web, person);
  if (failed) add_failure(data, web, page, *failed);
  auto response = web.pages.render(failed ? status_of(failed->error) : 200, page::kAccount, page,
                                   std::move(data));
  if (failed) add_error_headers(response, failed->error);
  return response;
}

HttpResponse delete_page(const WebContext& web, const PageContext& page, const SignedIn& person,
                         const FailedForm* failed) {
  PageData data;
  data.set("email", person.account.email);
  if (failed) add_failure(data, web, page, *failed);
  auto response = web.pages.render(failed ? status_of(failed->error) : 200, page::kDelete, page,
                                   std::move(data));
  if (failed) add_error_headers(response, failed->error);
  return response;
}

void refuse_form(const WebContextPtr& web, const HttpRequest& request, const Error& error,
                 const Respond& respond) {
  if (error.code == "unauthorized") {
    if (session_cookie_of(request).empty()) return respond(see_other("/login"));
    auto response = see_other("/login?done=ended");
    response.headers.push_back(clear_session_cookie());
    return respond(std::move(response));
  }
  // A request from elsewhere is shown nothing of the account.
  if (error.code == "cross_site") return respond(error_response_for(*web, request, error));
  signed_in(web->services.accounts, credentials_of(request), {},
            [web, &request, error, respond](const Result<SignedIn>& person) {
              if (!person && person.error().code == "unauthorized") {
                return respond(see_other("/login?done=ended"));
              }
              if (!person) return respond(error_response_for(*web, request, person.error()));
              const auto failed = failed_form(request, error);
              PageContext page = visit_of(request, *person);
              if (failed.form != "delete") {
                return respond(account_page(*web, page, *person, &failed));
              }
              page.path = kDeletePath;
              respond(delete_page(*web, page, *person, &failed));
            });
}

void add_account_page_routes(Router& router, const WebContextPtr& web) {
  const auto add = [&](std::string_view path, RenderPerson render) {
    router.add("GET", path, [web, render](const HttpRequest& request, const Respond& respond) {
      get_page(web, request, respond, render);
    });
  };
  add("/account", account_page);
  add(kDeletePath, delete_page);
  // Password managers send people here to change a password (W3C, A Well-Known URL for Changing
  // Passwords).
  router.add("GET", "/.well-known/change-password",
             [](const HttpRequest&, const Respond& respond) { respond(see_other("/account")); });
}

}  // namespace postern
