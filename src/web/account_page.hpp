// The page of a person who is logged in, and what the forms on it come back to.
//
// Thread contract: pure functions over an immutable Site.
#pragma once

#include <string>
#include <string_view>

#include "account/signed_in.hpp"
#include "web/web_context.hpp"

namespace postern {

/// The error of a form of the page.
struct FailedForm {
  /// profile, email, password, sessions or delete.
  std::string_view form;
  Error error;
  /// The address that was typed into the form `email`.
  std::string typed_email = {};
};

HttpResponse account_page(const WebContext& web, const PageContext& page, const SignedIn& person,
                          const FailedForm* failed);

/// The second step of deleting an account: names it, lists what is lost, and asks for the password.
HttpResponse delete_page(const WebContext& web, const PageContext& page, const SignedIn& person,
                         const FailedForm* failed);

/// The response to a form that failed: the page again with what was wrong, or the login.
void refuse_form(const WebContextPtr& web, const HttpRequest& request, const Error& error,
                 const Respond& respond);

}  // namespace postern
