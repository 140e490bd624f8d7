#include "web/routes.hpp"

#include <memory>
#include <utility>

#include "web/web_context.hpp"

namespace postern {

void add_routes(Router& router, WebServices services) {
  const auto web = std::make_shared<const WebContext>(std::move(services));
  router.show_refusals(
      [web](const HttpRequest& request, std::string_view code, HttpResponse problem) {
        return refusal_page(*web, request, code, std::move(problem));
      });
  add_page_routes(router, web);
  add_mail_routes(router, web);
  add_sent_page_route(router, web);
  add_set_password_routes(router, web);
  add_strength_route(router, web);
  add_login_routes(router, web);
  add_me_routes(router, web);
  add_session_list_routes(router, web);
  add_account_page_routes(router, web);
  add_confirm_email_routes(router, web);
  add_authorize_routes(router, web);
  add_token_routes(router, web);
  add_end_session_routes(router, web);
  add_discovery_routes(router, web);
  add_asset_routes(router, web);
  add_docs_routes(router, web);
  if (web->services.captured) add_mailbox_routes(router, web);
}

}  // namespace postern
