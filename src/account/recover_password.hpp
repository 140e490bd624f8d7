// Recovery of a forgotten password, with the same silence as registration.
#pragma once

#include <functional>

#include "account/mail_request.hpp"
#include "account/services.hpp"

namespace postern {

/// Confirmed: mail `recover`; unconfirmed: `confirm`; unknown or disabled, or over the limit for
/// the address: no mail. Success in every one of these cases.
void recover_password(AccountServices& services, MailRequest request,
                      std::function<void(Status)> done);

}  // namespace postern
