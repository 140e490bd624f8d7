// A session as programs are shown it, by the API and by the command line alike.
//
// Thread contract: pure functions.
// No token and no hash of one.
#pragma once

#include <boost/json/object.hpp>

#include "model/session.hpp"

namespace postern {

/// {"id","kind","methods","created_at","last_used_at","expires_at","user_agent","ip"}
boost::json::object to_json(const Session& session);

}  // namespace postern
