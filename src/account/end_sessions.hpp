// Logging out, and ending the sessions of other devices.
#pragma once

#include <functional>
#include <string>

#include "account/signed_in.hpp"

namespace postern {

/// Ends the session that the credentials are of. Error: unauthorized.
void log_out(SessionServices& services, const Credentials& credentials,
             const RequestContext& context, std::function<void(Status)> done);

/// Ends one session of the account. Errors: unauthorized; not_found when it has none of that id.
void end_session(SessionServices& services, const Credentials& credentials, std::string id,
                 const RequestContext& context, std::function<void(Status)> done);

/// Ends all but the one that the credentials are of.
void end_other_sessions(SessionServices& services, const Credentials& credentials,
                        const RequestContext& context, std::function<void(Status)> done);

}  // namespace postern
