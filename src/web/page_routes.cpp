// GET /, /register and /recover-password. Only the first one looks at who asks: a person who is
// logged in is led to the account.
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

using Render = HttpResponse (*)(const WebContext& web, const PageContext& page);

HttpResponse register_page(const WebContext& web, const PageContext& page) {
  return mail_form(web, page::kRegister, page, {});
}

HttpResponse recover_page(const WebContext& web, const PageContext& page) {
  return mail_form(web, page::kRecover, page, {});
}

HttpResponse refuse_page(const WebContext& web, const HttpRequest& request, const Error& error) {
  if (prefer(request.header("Accept")) == Preference::kJson) return error_response(error);
  PageContext page;
  page.locale = choose_locale(request, std::nullopt);
  return error_page(web, page, error);
}

Result<PageContext> visit_of(const WebContext& web, const HttpRequest& request) {
  auto query = parse_urlencoded(request.query);
  if (!query) return query.error();
  auto page = read_page_context(web, request, Fields(*std::move(query)));
  if (page) page->path = request.path;
  return page;
}

HttpResponse show(const WebContext& web, const HttpRequest& request, Render render) {
  const auto page = visit_of(web, request);
  return page ? render(web, *page) : refuse_page(web, request, page.error());
}

/// `email` is empty for a person who is not logged in.
HttpResponse home_page(const WebContext& web, const PageContext& page, const std::string& email) {
  PageData data;
  if (!email.empty()) data.set("person", email);
  return web.pages.render(200, page::kHome, page, std::move(data));
}

void show_home(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  const auto page = visit_of(*web, request);
  if (!page) return respond(refuse_page(*web, request, page.error()));
  Credentials credentials;
  credentials.cookie = session_cookie_of(request);
  if (credentials.cookie.empty()) return respond(home_page(*web, *page, {}));
  // Without a response of the database the page is still of use.
  signed_in(web->services.accounts, credentials, {},
            [web, page = *page, respond](const Result<SignedIn>& person) {
              respond(home_page(*web, page, person ? person->account.email : std::string()));
            });
}

}  // namespace

void add_page_routes(Router& router, const WebContextPtr& web) {
  const auto add = [&](std::string_view path, Render render) {
    router.add("GET", path, [web, render](const HttpRequest& request, Respond respond) {
      respond(show(*web, request, render));
    });
  };
  router.add("GET", "/", [web](const HttpRequest& request, const Respond& respond) {
    show_home(web, request, respond);
  });
  add("/register", register_page);
  add("/recover-password", recover_page);
}

}  // namespace postern
