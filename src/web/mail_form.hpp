// The page with one field for an address: registration, recovery and the invalid link.
//
// Thread contract: pure functions over an immutable WebContext.
#pragma once

#include <string>

#include "http/message.hpp"
#include "web/web_context.hpp"

namespace postern {

/// The values already filled in, and their error.
struct MailFormState {
  int status = 200;
  /// As typed.
  std::string email;
  /// nullptr: nothing was wrong.
  const Error* error = nullptr;
};

HttpResponse mail_form(const WebContext& web, const PageKind& kind, const PageContext& page,
                       const MailFormState& state);

/// 400, with a way to ask for a new link.
HttpResponse invalid_link_page(const WebContext& web, const PageContext& page);

}  // namespace postern
