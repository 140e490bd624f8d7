// A new pair of tokens for a refresh token, which is spent with it.
#pragma once

#include "account/login.hpp"

namespace postern {

struct RefreshRequest {
  std::string refresh_token;
  Device device;
  RequestContext context;
};

/// A spent token still gets the chain's last token while its own successor was never used (the
/// response was lost), and for limits::kRefreshGrace in any case (parallel tabs). After that its
/// use ends the session: one of two who have it has stolen it. Error: unauthorized.
void refresh(SessionServices& services, RefreshRequest request,
             std::function<void(Result<SessionGrant>)> done);

}  // namespace postern
