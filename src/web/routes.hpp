// The public routes: the API and the pages of registration, recovery and setting a password.
//
// Thread contract: add_routes is called once, before the server starts; the handlers that it adds
// may then be called from any thread, at once and together, and never block.
// Mints no token and sends no email; the links of emails are not made here.
#pragma once

#include <string>
#include <vector>

#include "account/request_resolver.hpp"
#include "account/session_services.hpp"
#include "crypto/secret.hpp"
#include "http/router.hpp"
#include "mail/composer.hpp"
#include "mail_capture/captured_mails.hpp"
#include "oidc/oidc_services.hpp"

namespace postern {

struct WebSettings {
  /// Keys of what browsers keep for us are derived from it; not empty.
  Secret secret_key;
  /// Without a trailing slash.
  std::string base_url;
  Product product;
  /// The allowed values of return_to (text/url.hpp).
  std::vector<std::string> return_urls;
  /// Origins, besides that of base_url, whose pages may post here.
  std::vector<std::string> cors_origins;
};

struct WebServices {
  SessionServices& accounts;
  RequestResolver& requests;
  OidcServices& oidc;
  WebSettings settings;
  /// While emails are captured: what /dev/mailbox shows. nullptr: there is no such path.
  const CapturedMails* captured = nullptr;
};

/// The objects behind `services` must outlive the router. Throws std::runtime_error with a plain
/// sentence when a built-in template cannot be parsed.
void add_routes(Router& router, WebServices services);

}  // namespace postern
