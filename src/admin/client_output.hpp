// Clients as `postern clients` shows them: lines for people, JSON with the names of RFC 7591 for
// programs.
//
// Thread contract: pure functions.
// Shows no hash of a secret.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/client.hpp"

namespace postern {

/// none, client_secret_basic or private_key_jwt.
std::string_view method_name(ClientAuthentication authentication);

/// With the end of the previous secret while it is valid.
boost::json::object client_as_json(const Client& client, TimePoint now);
std::string client_as_text(const Client& client, TimePoint now);
std::string clients_as_text(std::span<const Client> clients);

/// "name: old -> new" for each member that differs; "+ name: new" for a client that is new.
std::vector<std::string> differences(const Client* before, const Client& after);

}  // namespace postern
