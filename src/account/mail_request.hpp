// What registration and recovery share: a request that ends in a letter, or in none.
#pragma once

#include <string>

#include "account/services.hpp"
#include "text/email.hpp"

namespace postern {

struct MailRequest {
  EmailAddress email;
  /// "en" or "ru".
  std::string locale;
  /// Checked against RETURN_URLS already; may be empty.
  std::string return_to;
  RequestContext context;
};

}  // namespace postern
