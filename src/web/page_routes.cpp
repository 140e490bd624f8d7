// GET /, /register and /recover-password: the pages that need to know nothing.
#include "web/answers.hpp"
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/site.hpp"

namespace postern::web {
namespace {

using Render = http::Response (*)(const Site& site, const Visit& visit);

http::Response home_page(const Site& site, const Visit& visit) {
  return site.pages.render(200, page::kHome, visit, {});
}

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

http::Response show(const Site& site, const http::Request& request, Render render) {
  auto query = parse_urlencoded(request.query);
  if (!query) return refuse_page(site, request, query.error());
  auto visit = read_visit(site, request, Fields(*std::move(query)));
  if (!visit) return refuse_page(site, request, visit.error());
  visit->path = request.path;
  return render(site, *visit);
}

}  // namespace

void add_page_routes(http::Router& router, const SitePtr& site) {
  const auto add = [&](std::string_view path, Render render) {
    router.add("GET", path, [site, render](const http::Request& request, http::Respond respond) {
      respond(show(*site, request, render));
    });
  };
  add("/", home_page);
  add("/register", register_page);
  add("/recover-password", recover_page);
}

}  // namespace postern::web
