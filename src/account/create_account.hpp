// Creates an account on an operator's request: as registration does, but it reports the result.
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
