// The sender of a request: its credentials, its device, and the cookies of both.
//
// Thread contract: pure functions.
// The cookies are `__Host-` bound: Secure, HttpOnly, SameSite=Lax, for this host and every path.
// Browsers keep them over HTTPS, and over plain HTTP from this machine alone (Chromium: localhost
// and 127.0.0.1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/signed_in.hpp"
#include "base/clock.hpp"
#include "http/message.hpp"

namespace postern {

/// The bearer token where there is one, else the cookie; both empty when there is neither.
Credentials credentials_of(const HttpRequest& request);

/// The session cookie's value; empty when there is none, or more than one.
std::string session_cookie_of(const HttpRequest& request);

/// The device tokens of the browser's cookie; empty when there is none, or more than one cookie.
std::string device_cookie_of(const HttpRequest& request);
/// The cookie lasts for limits::kDeviceLife.
HttpHeader set_device_cookie(std::string_view device_tokens);

/// The sealed notice of web/sent_page.hpp; empty when there is none, or more than one.
std::string sent_cookie_of(const HttpRequest& request);
HttpHeader set_sent_cookie(std::string_view sealed, Duration life);

/// The browser's open flows (web/flow.hpp): their ids and what was sealed.
std::vector<std::pair<std::string, std::string>> flow_cookies_of(const HttpRequest& request);
/// Zero as `life` drops it.
HttpHeader set_flow_cookie(std::string_view id, std::string_view sealed, Duration life);

Device device_of(const HttpRequest& request);

HttpHeader set_session_cookie(const std::string& token, Duration life);
HttpHeader clear_session_cookie();

/// 303 to a path of ours.
HttpResponse see_other(std::string path);

}  // namespace postern
