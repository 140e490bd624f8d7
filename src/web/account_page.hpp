// The page of a person who is logged in, and what the forms on it come back to.
//
// Thread contract: pure functions over an immutable WebContext.
#pragma once

#include <string>
#include <string_view>

#include "account/signed_in.hpp"
#include "web/web_call.hpp"

namespace postern {

/// The forms of the page, as their templates name them.
namespace account_form {
inline constexpr std::string_view kProfile = "profile";
inline constexpr std::string_view kEmail = "email";
inline constexpr std::string_view kPassword = "password";
inline constexpr std::string_view kSessions = "sessions";
inline constexpr std::string_view kDelete = "delete";
}  // namespace account_form

/// The response to the call's form, which failed: the page again with what was wrong, or the login.
void refuse_form(const WebCallPtr& call, const Error& error);

}  // namespace postern
