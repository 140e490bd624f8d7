// Recovery of a forgotten password, with the same silence as registration.
#pragma once

#include "account/mail_request.hpp"

namespace postern {

/// Confirmed: email `recover`; unconfirmed: `confirm`; unknown or disabled, or over a limit: no
/// email.
MailDecision recovery();

}  // namespace postern
