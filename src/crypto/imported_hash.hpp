// Password hashes of other systems: read, held against the caps of base/hash_limits.hpp, verified.
//
//   $argon2id$ $argon2i$ $argon2d$       PHC string format, any lanes, v=16 and v=19
//   $2a$ $2b$ $2y$                       bcrypt (crypt(3), PHP); also bcrypt$… of Django
//   $5$ $6$                              sha256-crypt, sha512-crypt (crypt(3))
//   $7$                                  scrypt (crypt(3))
//   $scrypt$ln=,r=,p=$salt$hash          scrypt (passlib)
//   scrypt$N$salt$r$p$hash               scrypt (Django)
//   scrypt:N:r:p$salt$hex                scrypt (Werkzeug)
//   pbkdf2_sha256$n$salt$hash            PBKDF2 (Django); also pbkdf2_sha1
//   $pbkdf2-sha256$n$salt$hash           PBKDF2 (passlib); also -sha512, and $pbkdf2$ with SHA-1
//   pbkdf2:sha256:n$salt$hex             PBKDF2 (Werkzeug); also sha1, sha512
//   $firebase-scrypt$ln=,r=$signer key$salt separator$salt$hash
//                                        Firebase, with the parameters of its project
//
// Thread contract: pure functions, safe from any thread. verify() costs what the hash says, within
// the caps: call it through HashPool only.
// Does not normalise passwords and does not write hashes: a login renews them.
#pragma once

#include <string>
#include <string_view>

namespace postern::imported_hash {

/// Whether verify() would work on it: one of the forms above, complete and within the caps.
bool is_usable(std::string_view encoded);

/// False for what is not usable.
bool verify(std::string_view encoded, std::string_view password);

}  // namespace postern::imported_hash
