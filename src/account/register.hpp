// Registration: whatever the state of the address, the caller learns only that it was accepted
// (RequestResolver). This is what is decided afterwards.
#pragma once

#include "account/mail_request.hpp"

namespace postern {

/// New or unconfirmed: email `confirm`; confirmed: email `already-registered`; disabled, or over a
/// limit: no email.
MailDecision registration();

}  // namespace postern
