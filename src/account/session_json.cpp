#include "account/session_json.hpp"

#include "base/clock.hpp"

namespace postern {

boost::json::object to_json(const Session& session) {
  return {{"id", session.id},
          {"kind", to_string(session.kind)},
          {"methods", session.methods},
          {"created_at", to_rfc3339(session.created_at)},
          {"last_used_at", to_rfc3339(session.last_used_at)},
          {"expires_at", to_rfc3339(session.expires_at)},
          {"user_agent", session.user_agent},
          {"ip", session.ip}};
}

}  // namespace postern
