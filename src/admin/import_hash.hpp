// The password hash of an import line, in whichever form the other system writes it.
//
//   "…"                                            an encoded hash (crypto/imported_hash.hpp)
//   {"secretData","credentialData"}                a Keycloak credential, both as JSON text
//   {"hash","salt","signer_key"?,"salt_separator"?,"rounds"?,"mem_cost"?}    Firebase
//
// Thread contract: pure functions.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace postern {

/// The parameters of a Firebase project ("Password hash parameters" in its console).
struct FirebaseParameters {
  /// Base64.
  std::string signer_key;
  std::string salt_separator;
  std::int64_t rounds = 8;
  std::int64_t mem_cost = 14;
};

/// The encoded hash, usable as it is; nothing for what is in no known form or above a cap.
/// `parameters` are for Firebase objects that lack their own.
std::optional<std::string> read_import_hash(const boost::json::value& value,
                                            const FirebaseParameters& parameters);

}  // namespace postern
