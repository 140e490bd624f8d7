// Registration: whatever the state of the address, the caller learns only that it was accepted.
#pragma once

#include <functional>

#include "account/mail_request.hpp"
#include "account/services.hpp"

namespace postern {

/// New or unconfirmed: mail `confirm`; confirmed: mail `already-registered`; disabled, or over the
/// limit for the address: no mail. Success in every one of these cases.
void register_account(AccountServices& services, MailRequest request,
                      std::function<void(Status)> done);

}  // namespace postern
