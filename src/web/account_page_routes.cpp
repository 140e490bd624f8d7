// GET /account: the page of a person who is logged in.
#include <algorithm>

#include "text/form.hpp"
#include "web/account_page.hpp"
#include "web/answers.hpp"
#include "web/negotiation.hpp"
#include "web/visitor.hpp"

namespace postern::web {
namespace {

PageData describe_session(const Session& session, bool current) {
  PageData data;
  data.set("id", session.id);
  data.set("user_agent", session.user_agent);
  data.set("ip", session.ip);
  data.set("last_used_at", to_rfc3339(session.last_used_at));
  data.set("current", current);
  return data;
}

PageData locale_choices(const Site& site, const std::string& chosen) {
  PageData list(PageData::type::list);
  for (const auto& tag : site.pages.strings().locales()) {
    PageData choice;
    choice.set("tag", tag);
    choice.set("name", site.pages.strings().get(tag, "language"));
    choice.set("chosen", tag == chosen);
    list.push_back(choice);
  }
  return list;
}

const std::string& reason_of(const Site& site, const Visit& visit, const Error& error) {
  if (error.code != "weak_password") return error_text(site, visit, error);
  return site.pages.strings().get(visit.locale, std::string("weak_").append(weakness(error)));
}

Visit visit_of(const http::Request& request, const SignedIn& person) {
  Visit visit;
  visit.path = "/account";
  visit.locale = choose_locale(request, person.account.locale);
  return visit;
}

void get_account(const SitePtr& site, const http::Request& request, const http::Respond& respond) {
  auto query = parse_urlencoded(request.query);
  if (!query) return respond(refuse_for(*site, request, query.error()));
  const Fields fields(*std::move(query));
  const auto done = *fields.optional("done");
  const auto locale = *fields.optional("locale");
  signed_in(site->services.accounts, credentials_of(request), {},
            [site, &request, respond, done = std::string(done.value_or("")),
             locale = std::string(locale.value_or(""))](const Result<SignedIn>& person) {
              if (!person) return refuse_form(site, request, person.error(), respond);
              Visit visit = visit_of(request, *person);
              visit.locale_chosen = !locale.empty();
              if (visit.locale_chosen) visit.locale = choose_locale(request, locale);
              respond(account_page(*site, visit, *person, done, nullptr));
            });
}

}  // namespace

http::Response account_page(const Site& site, const Visit& visit, const SignedIn& person,
                            std::string_view done, const Error* error) {
  const auto& strings = site.pages.strings();
  const auto& services = site.services.accounts;
  PageData data;
  data.set("email", person.account.email);
  data.set("display_name", person.account.display_name);
  data.set("account_locales", locale_choices(site, person.account.locale));
  if (!person.account.pending_email.empty()) {
    data.set("pending_email", person.account.pending_email);
  }
  PageData sessions(PageData::type::list);
  for (const auto& session : person.sessions) {
    const auto now = services.clock.now();
    if (!is_alive(session, person.account, services.sessions->settings, now)) continue;
    sessions.push_back(describe_session(session, session.id == person.session.id));
  }
  data.set("sessions", sessions);
  const std::string done_key = "account_done_" + std::string(done);
  if (!done.empty() && strings.has(visit.locale, done_key)) {
    data.set("done", strings.get(visit.locale, done_key));
  }
  if (error) data.set("alert", reason_of(site, visit, *error));
  auto answer =
      site.pages.render(error ? status_of(*error) : 200, page::kAccount, visit, std::move(data));
  if (error) add_error_headers(answer, *error);
  return answer;
}

void refuse_form(const SitePtr& site, const http::Request& request, const Error& error,
                 const http::Respond& respond) {
  if (error.code == "unauthorized") {
    auto answer = see_other("/login");
    if (!session_cookie_of(request).empty()) answer.headers.push_back(clear_session_cookie());
    return respond(std::move(answer));
  }
  // A request from elsewhere is shown nothing of the account.
  if (error.code == "cross_site") return respond(refuse_for(*site, request, error));
  signed_in(site->services.accounts, credentials_of(request), {},
            [site, &request, error, respond](const Result<SignedIn>& person) {
              if (!person && person.error().code == "unauthorized") {
                return respond(see_other("/login"));
              }
              if (!person) return respond(refuse_for(*site, request, person.error()));
              respond(account_page(*site, visit_of(request, *person), *person, {}, &error));
            });
}

void add_account_page_routes(http::Router& router, const SitePtr& site) {
  router.add("GET", "/account", [site](const http::Request& request, const http::Respond& respond) {
    get_account(site, request, respond);
  });
}

}  // namespace postern::web
