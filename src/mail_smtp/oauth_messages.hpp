// The lines of AUTH XOAUTH2 and AUTH OAUTHBEARER, and the error that a server sends for them.
//
// Thread contract: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/secret.hpp"

namespace postern {

struct OAuthLogin {
  std::string_view user;
  std::string_view host;
  std::uint16_t port = 0;
  std::string_view token;
};

/// "AUTH XOAUTH2 …" with its CRLF: base64 of user=USER^Aauth=Bearer TOKEN^A^A.
Secret xoauth2_line(const OAuthLogin& login);

/// "AUTH OAUTHBEARER …" with its CRLF (RFC 7628, section 3.1): base64 of
/// n,a=USER,^Ahost=HOST^Aport=PORT^Aauth=Bearer TOKEN^A^A.
Secret oauthbearer_line(const OAuthLogin& login);

/// The status, scope and error of a 334 reply's JSON (RFC 7628, section 3.2.2), on one line without
/// the token: "status 401, scope https://mail.google.com/". `text` is the reply's base64.
std::string oauth_error_detail(std::string_view text, const Secret& token);

}  // namespace postern
