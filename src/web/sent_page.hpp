// The page that follows a request for an email: which address it was for, where that is read, and
// a button to send it again.
//
// Thread contract: pure functions over an immutable WebContext.
// The address travels in a sealed cookie of the browser that typed it, never in a URL, and no
// account is read: the page is the same for every address.
#pragma once

#include <string>

#include "web/web_context.hpp"

namespace postern {

/// The request of a browser.
struct SentNotice {
  /// The form's own path: /register or /recover-password.
  std::string path;
  /// As it was understood, not as typed.
  std::string email;
  TimePoint sent_at;
};

/// 303 to the page, with the notice in a cookie for limits::kSentNoticeLife. `repeated`: the page
/// says that it was done once more.
HttpResponse redirect_to_sent_page(const WebContext& web, const PageContext& page,
                                   const SentNotice& notice, bool repeated);

/// The page for a browser whose notice is not known: the same without the address. `form_path` is
/// where another address can be typed.
HttpResponse sent_page(const WebContext& web, const PageContext& page, int status,
                       std::string_view form_path);

}  // namespace postern
