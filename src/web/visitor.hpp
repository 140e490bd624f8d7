// Who sends a request: the credentials that it brings, the device, and the session cookie.
//
// Thread contract: pure functions.
// The cookie is `__Host-` bound: Secure, HttpOnly, SameSite=Lax, for this host and every path.
// Browsers keep it over HTTPS, and over plain HTTP from this machine alone (Chromium: localhost and
// 127.0.0.1).
#pragma once

#include <string>

#include "account/signed_in.hpp"
#include "base/clock.hpp"
#include "http/message.hpp"

namespace postern::web {

/// The bearer token where there is one, else the cookie; both empty when there is neither.
Credentials credentials_of(const http::Request& request);

/// The session cookie's value; empty when there is none, or more than one.
std::string session_cookie_of(const http::Request& request);

Device device_of(const http::Request& request);

http::Header set_session_cookie(const std::string& token, Duration life);
http::Header clear_session_cookie();

/// 303 to a path of ours.
http::Response see_other(std::string path);

}  // namespace postern::web
