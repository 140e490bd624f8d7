// Withdraws what a person allowed a client, on an operator's request.
//
// Thread contract: any thread but the writer's; waits for the database.
#pragma once

#include <string>

#include "account/services.hpp"

namespace postern {

struct ClientRevocation {
  AccountRef account;
  std::string client_id;
  RequestContext context;
};

struct RevokedClient {
  bool had_consent = false;
  /// Logins whose tokens have ended with it.
  std::size_t grants = 0;
};

/// Removes the consent and ends the client's refresh tokens in every session; its access tokens are
/// refused here, and accepted by other services until their `exp`. The sessions stay. Error:
/// not_found.
Result<RevokedClient> revoke_client(AccountServices& services, ClientRevocation revocation);

}  // namespace postern
