// `postern keys`: the keys that sign access tokens.
//
// Thread contract: for a command of its own; running apps see the change within
// limits::kSigningKeyReload.
#pragma once

#include <string>

#include "app/config.hpp"

namespace postern {

/// As a table, or as one JSON array.
void list_keys(const Config& config, bool json);
/// Adds a key that signs after limits::kSigningKeyNotice, or at once.
void rotate_keys(const Config& config, bool at_once, bool json);
/// Throws StartError when there is no such key.
void revoke_key(const Config& config, const std::string& kid, bool json);

}  // namespace postern
