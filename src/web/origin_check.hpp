// Whether a browser sent a request from one of our own pages, or of those we trust.
//
// Thread contract: pure functions.
// Protects people at a browser (REQUIREMENTS C2); other programs send what they like, and may.
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "web/routes.hpp"

namespace postern::web {

/// Error: cross_site. An Origin that is BASE_URL's or in CORS_ORIGINS is let in. Otherwise
/// Sec-Fetch-Site decides, which no page can forge, and which alone speaks for our own forms: they
/// arrive with `Origin: null`, because the pages' Referrer-Policy is no-referrer. Where it is
/// missing, any Origin refuses. A request without both headers did not come from a page.
Status check_origin(const http::Request& request, const WebSettings& settings);

}  // namespace postern::web
