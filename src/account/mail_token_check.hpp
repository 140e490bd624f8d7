// The tokens of mail links, checked against the app's clock.
//
// Thread contract: as services.hpp; does not block.
#pragma once

#include <string_view>

#include "account/session_services.hpp"

namespace postern {

/// Error: invalid_token. Reports to `services.clock_ahead` when the clock of the worker that made
/// the token is fast, also where it is too fast for the token to be valid.
Result<MailTokenClaims> verify_mail_token(const SessionServices& services, MailTokenPurpose purpose,
                                          std::string_view token);

}  // namespace postern
