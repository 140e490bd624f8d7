// Whether a browser sent a request from one of our own pages, or of those we trust.
//
// Thread contract: pure functions.
// Protects people at a browser (REQUIREMENTS C2); other programs send what they like, and may.
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "web/routes.hpp"

namespace postern {

/// Error: cross_site. An Origin that is BASE_URL's or in CORS_ORIGINS is let in, as our own forms
/// are: their pages have the Referrer-Policy same-origin, so browsers send their true Origin.
/// Otherwise Sec-Fetch-Site decides, which no page can forge. Where it is missing, any other Origin
/// refuses, `null` too. A request without both headers did not come from a page.
Status check_origin(const HttpRequest& request, const WebSettings& settings);

}  // namespace postern
