// The file of `postern clients apply`: which clients there should be.
//
//   {"clients": [{"client_id", "client_name", "redirect_uris", "post_logout_redirect_uris"?,
//     "client_uri"?, "token_endpoint_auth_method"?, "third_party"?, "jwks"?, "resource"?,
//     "client_secret_env"?}]}
//
// `name` and `url` stand for client_name and client_uri; a member that is null counts as absent.
// Thread contract: pure functions; the environment is the caller's.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/client.hpp"

namespace postern {

/// How long the secret before the present one stays valid, unless the operator says otherwise.
inline constexpr auto kSecretOverlap = std::chrono::hours(24);

/// What is wrong with a client's own fields: the id, the name, an address, the keys. Error:
/// invalid_client, with a text that names the field.
Status check_client_fields(const Client& client);

/// The value of a variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// A client has the hash of the secret that its entry names a variable for, or none. Error:
/// invalid_file, with a text that names the entry and the member.
Result<std::vector<Client>> read_client_file(std::string_view text, const Environment& environment);

/// `wanted` where it is to be stored over `before` (nullptr: new): secrets and times stay. A secret
/// that is replaced stays valid for kSecretOverlap.
Client applied(const Client* before, const Client& wanted, TimePoint now);

}  // namespace postern
