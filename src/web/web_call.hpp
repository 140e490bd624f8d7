// One request on its way through a route, and the steps that routes with a form share.
//
// Thread contract: shared by the steps of a route, which follow one another on different threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "account/signed_in.hpp"
#include "web/web_context.hpp"

namespace postern {

struct WebCall {
  WebContextPtr web;
  /// Valid until the response was given.
  const HttpRequest& request;
  Respond respond;
  /// The client prefers a page to JSON.
  bool html = false;
  PageContext page = {};
  /// The form of the account page that was sent; empty: none of them.
  std::string_view form = {};
  /// The address that was typed into it.
  std::string typed_email = {};
  /// The person whom credentials_of(call) are of, once an operation has found them.
  std::optional<SignedIn> person = {};

  SessionServices& accounts() const { return web->services.accounts; }
};

using WebCallPtr = std::shared_ptr<WebCall>;
using WebHandler = void (*)(const WebCallPtr& call);

/// `handler` gets every such request, with the page in the language of the browser.
void add_route(Router& router, const WebContextPtr& web, std::string_view method,
               std::string_view path, WebHandler handler);

/// Those of the request; an operation that gets them notes the person in the call.
Credentials credentials_of(const WebCallPtr& call);

/// Reads the fields of a form or an API call; sets the language that a form was shown in. Errors:
/// cross_site, invalid_field, and those of read_fields().
Result<Fields> read_form(WebCall& call);

/// The token of the query, of `body`, or of both where they agree. Errors: missing_field,
/// invalid_field, invalid_form.
Result<std::string> read_token(const HttpRequest& request, const Fields& body);

/// Reads the link of an email: sets the language that was chosen there, and returns the token,
/// which is empty where there is none.
std::string read_link(WebCall& call);

/// The page is shown in this language unless another one was chosen.
void suggest_locale(PageContext& page, std::string_view locale);

}  // namespace postern
