// GET /, /register and /recover-password. Only the first one looks at who asks: a person who is
// logged in is led to the account.
#include "web/answers.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/site.hpp"
#include "web/visitor.hpp"

namespace postern::web {
namespace {

using Render = http::Response (*)(const Site& site, const Visit& visit);

http::Response register_page(const Site& site, const Visit& visit) {
  return mail_form(site, page::kRegister, visit, {});
}

http::Response recover_page(const Site& site, const Visit& visit) {
  return mail_form(site, page::kRecover, visit, {});
}

http::Response refuse_page(const Site& site, const http::Request& request, const Error& error) {
  if (prefer(request.header("Accept")) == Preference::kJson) return refuse(error);
  Visit visit;
  visit.locale = choose_locale(request, std::nullopt);
  return error_page(site, visit, error);
}

Result<Visit> visit_of(const Site& site, const http::Request& request) {
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  auto visit = read_visit(site, request, Fields(*std::move(query)));
  if (visit) visit->path = request.path;
  return visit;
}

http::Response show(const Site& site, const http::Request& request, Render render) {
  const auto visit = visit_of(site, request);
  return visit ? render(site, *visit) : refuse_page(site, request, visit.error());
}

/// `email` is empty for a person who is not logged in.
http::Response home_page(const Site& site, const Visit& visit, const std::string& email) {
  PageData data;
  if (!email.empty()) data.set("person", email);
  return site.pages.render(200, page::kHome, visit, std::move(data));
}

void show_home(const SitePtr& site, const http::Request& request, const http::Respond& respond) {
  const auto visit = visit_of(*site, request);
  if (!visit) return respond(refuse_page(*site, request, visit.error()));
  Credentials credentials;
  credentials.cookie = session_cookie_of(request);
  if (credentials.cookie.empty() || !site->services.accounts.sessions) {
    return respond(home_page(*site, *visit, {}));
  }
  // Without an answer of the database the page is still of use.
  signed_in(site->services.accounts, credentials, {},
            [site, visit = *visit, respond](const Result<SignedIn>& person) {
              respond(home_page(*site, visit, person ? person->account.email : std::string()));
            });
}

}  // namespace

void add_page_routes(http::Router& router, const SitePtr& site) {
  const auto add = [&](std::string_view path, Render render) {
    router.add("GET", path, [site, render](const http::Request& request, http::Respond respond) {
      respond(show(*site, request, render));
    });
  };
  router.add("GET", "/", [site](const http::Request& request, const http::Respond& respond) {
    show_home(site, request, respond);
  });
  add("/register", register_page);
  add("/recover-password", recover_page);
}

}  // namespace postern::web
