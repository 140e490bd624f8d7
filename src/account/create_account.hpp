// An account that an operator makes for somebody: as registration does, but it says what came of
// it.
#pragma once

#include <functional>

#include "account/mail_request.hpp"
#include "account/services.hpp"

namespace postern {

/// An unconfirmed account and its email `confirm`. Error, besides those of every operation:
/// already_exists.
void create_account(AccountServices& services, MailRequest request,
                    std::function<void(Status)> done);

}  // namespace postern
