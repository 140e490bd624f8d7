// The objects that all handlers share, and the groups of routes that they make up.
//
// Thread contract: immutable; everything may be used from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "web/pages.hpp"
#include "web/request_fields.hpp"
#include "web/routes.hpp"

namespace postern {

struct WebContext {
  explicit WebContext(WebServices web_services);

  WebServices services;
  Pages pages;
  /// Seals what a browser is to show of its last request (web/sent_page.hpp).
  Secret sent_key;
  /// Seals open flows (web/flow.hpp).
  Secret flow_key;
};

/// Shared, because every handler in the router keeps one and none of them is the last to go.
using WebContextPtr = std::shared_ptr<const WebContext>;

void add_page_routes(Router& router, const WebContextPtr& web);
void add_sent_page_route(Router& router, const WebContextPtr& web);
void add_mail_routes(Router& router, const WebContextPtr& web);
void add_set_password_routes(Router& router, const WebContextPtr& web);
void add_strength_route(Router& router, const WebContextPtr& web);
void add_login_routes(Router& router, const WebContextPtr& web);
void add_me_routes(Router& router, const WebContextPtr& web);
void add_session_list_routes(Router& router, const WebContextPtr& web);
void add_account_page_routes(Router& router, const WebContextPtr& web);
void add_confirm_email_routes(Router& router, const WebContextPtr& web);
void add_authorize_routes(Router& router, const WebContextPtr& web);
void add_token_routes(Router& router, const WebContextPtr& web);
void add_end_session_routes(Router& router, const WebContextPtr& web);
void add_discovery_routes(Router& router, const WebContextPtr& web);
void add_asset_routes(Router& router, const WebContextPtr& web);
void add_docs_routes(Router& router, const WebContextPtr& web);
/// Only while emails are captured.
void add_mailbox_routes(Router& router, const WebContextPtr& web);

RequestContext context_of(const HttpRequest& request);
/// The same with the client's device, for what sends a notice.
RequestContext context_with_device(const HttpRequest& request);

/// `locale`, `return_to` and `done` of a query or a form. Errors: invalid_field, invalid_return_to.
Result<PageContext> read_page_context(const WebContext& web, const HttpRequest& request,
                                      const Fields& fields);

/// The page for a person whom a request failed; nothing in it depends on an account.
HttpResponse error_page(const WebContext& web, const PageContext& page, const Error& error);

/// The text of an error for a person, in the page's language.
std::string error_text(const WebContext& web, const PageContext& page, const Error& error);

/// Problem+json, or the error page where HTML is preferred.
HttpResponse error_response_for(const WebContext& web, const HttpRequest& request,
                                const Error& error);

/// The error page of the server's own refusals, in place of problem+json.
HttpResponse refusal_page(const WebContext& web, const HttpRequest& request, std::string_view code,
                          HttpResponse problem);

}  // namespace postern
