// What all handlers work with, and the groups of routes that they make up.
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

namespace postern::web {

struct Site {
  explicit Site(WebServices web_services);

  WebServices services;
  Pages pages;
  /// Seals what a browser is to show of its last request (web/sent_page.hpp).
  Secret sent_key;
};

/// Shared, because every handler in the router keeps one and none of them is the last to go.
using SitePtr = std::shared_ptr<const Site>;

void add_page_routes(http::Router& router, const SitePtr& site);
void add_sent_page_route(http::Router& router, const SitePtr& site);
void add_mail_routes(http::Router& router, const SitePtr& site);
void add_set_password_routes(http::Router& router, const SitePtr& site);
void add_strength_route(http::Router& router, const SitePtr& site);
void add_login_routes(http::Router& router, const SitePtr& site);
void add_me_routes(http::Router& router, const SitePtr& site);
void add_session_list_routes(http::Router& router, const SitePtr& site);
void add_account_page_routes(http::Router& router, const SitePtr& site);
void add_confirm_email_routes(http::Router& router, const SitePtr& site);
void add_asset_routes(http::Router& router, const SitePtr& site);
void add_docs_routes(http::Router& router, const SitePtr& site);
/// Only while emails are captured.
void add_mailbox_routes(http::Router& router, const SitePtr& site);

RequestContext context_of(const http::Request& request);

/// `locale`, `return_to` and `done` of a query or a form. Errors: invalid_field, invalid_return_to.
Result<Visit> read_visit(const Site& site, const http::Request& request, const Fields& fields);

/// The page for a person whom a request failed; nothing in it depends on an account.
http::Response error_page(const Site& site, const Visit& visit, const Error& error);

/// What a person reads about an error, in the page's language.
std::string error_text(const Site& site, const Visit& visit, const Error& error);

/// Problem+json, or the error page where HTML is preferred.
http::Response refuse_for(const Site& site, const http::Request& request, const Error& error);

/// What the server itself refuses, for a person: the error page in place of problem+json.
http::Response refusal_page(const Site& site, const http::Request& request, std::string_view code,
                            http::Response problem);

}  // namespace postern::web
