// The page of a person who is logged in, and what the forms on it come back to.
//
// Thread contract: pure functions over an immutable Site.
#pragma once

#include <string_view>

#include "account/signed_in.hpp"
#include "web/site.hpp"

namespace postern::web {

/// The page. `done` names what has just been done: profile, password, email, sessions, or nothing.
http::Response account_page(const Site& site, const Visit& visit, const SignedIn& person,
                            std::string_view done, const Error* error);

/// The answer to a form that failed: the page again with what was wrong, or the login.
void refuse_form(const SitePtr& site, const http::Request& request, const Error& error,
                 const http::Respond& respond);

}  // namespace postern::web
