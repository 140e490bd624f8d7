// The capabilities that a server announces in its reply to EHLO (RFC 5321, 4.1.1.1).
//
// Thread contract: plain values.
#pragma once

#include <cstddef>

#include "mail_smtp/reply.hpp"

namespace postern {

struct SmtpCapabilities {
  bool starttls = false;
  bool pipelining = false;
  bool auth_plain = false;
  bool auth_login = false;
  bool auth_xoauth2 = false;
  bool auth_oauthbearer = false;
  bool size = false;
  /// Bytes; 0: no fixed limit (RFC 1870).
  std::size_t size_limit = 0;
};

/// Keywords in any case, unknown ones ignored, "AUTH=" of old servers too.
SmtpCapabilities parse_capabilities(const SmtpReply& ehlo);

}  // namespace postern
