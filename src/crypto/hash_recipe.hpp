// The content of an imported password hash: the function, its parameters and the digest.
//
// Thread contract: plain values; read_hash_recipe() is pure.
// Every parameter of a recipe is within the caps of base/hash_limits.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postern::imported_hash {

enum class Argon2Type { kD, kI, kId };
enum class Argon2Version { k10, k13 };
enum class Pbkdf2Function { kSha1, kSha256, kSha512 };

struct Argon2Recipe {
  Argon2Type type;
  Argon2Version version;
  std::uint32_t memory_kib, passes, lanes;
  std::string salt, digest;
};
struct ScryptRecipe {
  std::uint64_t n, r, p;
  std::string salt, digest;
  /// Of Firebase: the digest is this key, encrypted under what scrypt gives.
  std::string signer_key = {};
};
struct Pbkdf2Recipe {
  Pbkdf2Function function;
  std::uint64_t rounds;
  std::string salt, digest;
};
/// What crypt(3) knows as it is.
struct CryptRecipe {
  std::string setting;
};
using HashRecipe = std::variant<Argon2Recipe, ScryptRecipe, Pbkdf2Recipe, CryptRecipe>;

/// Nothing for what is none of the forms of imported_hash.hpp, incomplete, or above a cap.
std::optional<HashRecipe> read_hash_recipe(std::string_view encoded);

}  // namespace postern::imported_hash
