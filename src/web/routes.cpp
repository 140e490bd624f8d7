#include "web/routes.hpp"

#include <memory>
#include <utility>

#include "web/site.hpp"

namespace postern::web {

void add_routes(http::Router& router, WebServices services) {
  const auto site = std::make_shared<const Site>(std::move(services));
  router.show_refusals(
      [site](const http::Request& request, std::string_view code, http::Response problem) {
        return refusal_page(*site, request, code, std::move(problem));
      });
  add_page_routes(router, site);
  add_mail_routes(router, site);
  add_sent_page_route(router, site);
  add_set_password_routes(router, site);
  add_strength_route(router, site);
  if (site->services.accounts.sessions) {
    add_login_routes(router, site);
    add_me_routes(router, site);
    add_session_list_routes(router, site);
    add_account_page_routes(router, site);
    add_confirm_email_routes(router, site);
  }
  add_asset_routes(router, site);
  add_docs_routes(router, site);
  if (site->services.captured) add_mailbox_routes(router, site);
}

}  // namespace postern::web
