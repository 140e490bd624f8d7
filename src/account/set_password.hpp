// Setting a password with the token of an email: of one to set it, or of one that announces a
// change of address and takes the account back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "account/session_services.hpp"
#include "crypto/secret.hpp"

namespace postern {

/// A browser in which flows wait for their person (web/flow.hpp).
struct FirstLogin {
  Device device;
  /// The return_to of each of them.
  std::vector<std::string> return_urls;
};

struct SetPasswordRequest {
  std::string token;
  /// As typed.
  Secret password;
  RequestContext context;
  /// The account's first password logs in here when its token returns to one of the flows. A later
  /// one never logs in.
  FirstLogin first_login = {};
};

/// A valid token, as the pages show it.
struct ValidToken {
  /// Masked, for the person to recognise.
  std::string masked_email;
  /// In full, for the password manager that saves the password: the link opens this account anyway.
  std::string email;
  std::string locale;
  std::string return_to;
  /// The words its password must not be made of: for a verdict, never to be shown.
  std::vector<std::string> personal_words;
  /// After the password was set: the device that set it is known for the account, and no other one.
  std::string device = {};
  std::string email_key = {};
  /// The cookie of the session that the first password began; empty: none.
  std::string session_cookie = {};
  /// The address above is the former one, and the account gets it back with the password.
  bool takes_back = false;
};

/// Changes nothing. Error: invalid_token when it is bad, old or used.
void check_set_password_token(SessionServices& services, std::string token,
                              std::function<void(Result<ValidToken>)> done);

/// `token`: nullptr when it is not valid, or was valid when the attempt began and is not any more.
using SetPasswordDone = std::function<void(const Status& status, const ValidToken* token)>;

/// One conditional write: the account is confirmed, the token and its siblings are invalid. Errors:
/// invalid_token; email_taken when another account has the former address by now; weak_password
/// with the verdict's reason (the token stays valid).
void set_password(SessionServices& services, SetPasswordRequest request, SetPasswordDone done);

}  // namespace postern
