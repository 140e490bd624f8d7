#include "crypto/hash_recipe.hpp"

#include <algorithm>
#include <utility>

#include "base/hash_limits.hpp"
#include "crypto/hash_fields.hpp"

namespace postern::imported_hash {
namespace {

/// RFC 9106, section 3.1.
constexpr std::size_t kArgon2SaltBytesMin = 8;

using Read = std::optional<HashRecipe>;

bool are_usable(const std::optional<std::string>& salt, const std::optional<std::string>& digest) {
  return salt && digest && salt->size() <= limits::kImportedSaltBytes &&
         digest->size() >= limits::kImportedDigestBytesMin &&
         digest->size() <= limits::kImportedDigestBytes;
}

Read read_argon2(std::string_view text) {
  Argon2Recipe recipe{Argon2Type::kId, Argon2Version::k10, 0, 0, 0, {}, {}};
  if (skip_literal(text, "$argon2i$")) {
    recipe.type = Argon2Type::kI;
  } else if (skip_literal(text, "$argon2d$")) {
    recipe.type = Argon2Type::kD;
  } else if (!skip_literal(text, "$argon2id$")) {
    return std::nullopt;
  }
  if (skip_literal(text, "v=19$")) {
    recipe.version = Argon2Version::k13;
  } else if (!skip_literal(text, "v=16$") && text.starts_with("v=")) {
    return std::nullopt;
  }
  std::uint32_t* const fields[] = {&recipe.memory_kib, &recipe.passes, &recipe.lanes};
  constexpr std::string_view kNames[] = {"m=", ",t=", ",p="};
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    if (!skip_literal(text, kNames[i])) return std::nullopt;
    const auto number = skip_decimal(text);
    if (!number || *number == 0) return std::nullopt;
    *fields[i] = static_cast<std::uint32_t>(*number);
  }
  if (!skip_literal(text, "$")) return std::nullopt;
  const auto parts = split_fields(text, '$');
  if (parts.size() != 2) return std::nullopt;
  const auto salt = decode_base64(parts[0]);
  const auto digest = decode_base64(parts[1]);
  const std::uint64_t memory_kib = recipe.memory_kib;
  if (!are_usable(salt, digest) || salt->size() < kArgon2SaltBytesMin ||
      memory_kib > limits::kImportedMemoryKib || recipe.lanes > limits::kImportedArgon2Lanes ||
      memory_kib < std::uint64_t{8} * recipe.lanes ||
      memory_kib * recipe.passes > limits::kImportedArgon2KibPasses) {
    return std::nullopt;
  }
  recipe.salt = *salt;
  recipe.digest = *digest;
  return recipe;
}

bool is_affordable(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
  const bool is_power_of_2 = n > 1 && (n & (n - 1)) == 0;
  return is_power_of_2 && r > 0 && p > 0 && r <= 1024 && p <= 1024 &&
         n <= limits::kImportedMemoryKib * 8 / r && n * r * p <= limits::kImportedScryptWork;
}

struct ScryptFields {
  std::optional<std::uint64_t> n, r, p;
  std::optional<std::string> salt, digest;
};

Read scrypt_of(ScryptFields fields) {
  if (!fields.n || !fields.r || !fields.p || !are_usable(fields.salt, fields.digest) ||
      !is_affordable(*fields.n, *fields.r, *fields.p)) {
    return std::nullopt;
  }
  return ScryptRecipe{*fields.n, *fields.r, *fields.p, *fields.salt, *fields.digest};
}

std::optional<std::uint64_t> power_of_2(std::optional<std::uint64_t> exponent) {
  if (!exponent || *exponent > 31) return std::nullopt;
  return std::uint64_t{1} << *exponent;
}

/// $scrypt$ln=16,r=8,p=1$salt$hash
Read read_passlib_scrypt(std::string_view text) {
  ScryptFields fields;
  if (!skip_literal(text, "$scrypt$ln=")) return std::nullopt;
  fields.n = power_of_2(skip_decimal(text));
  if (!skip_literal(text, ",r=")) return std::nullopt;
  fields.r = skip_decimal(text);
  if (!skip_literal(text, ",p=")) return std::nullopt;
  fields.p = skip_decimal(text);
  if (!skip_literal(text, "$")) return std::nullopt;
  const auto parts = split_fields(text, '$');
  if (parts.size() != 2) return std::nullopt;
  fields.salt = decode_base64(parts[0]);
  fields.digest = decode_base64(parts[1]);
  return scrypt_of(std::move(fields));
}

/// scrypt$16384$salt$8$1$hash
Read read_django_scrypt(std::string_view text) {
  const auto parts = split_fields(text, '$');
  if (parts.size() != 6 || parts[2].empty()) return std::nullopt;
  return scrypt_of({decimal(parts[1]), decimal(parts[3]), decimal(parts[4]), std::string(parts[2]),
                    decode_base64(parts[5])});
}

/// scrypt:32768:8:1$salt$hex
Read read_werkzeug_scrypt(std::string_view text) {
  const auto parts = split_fields(text, '$');
  const auto method = split_fields(parts[0], ':');
  if (parts.size() != 3 || method.size() != 4 || parts[1].empty()) return std::nullopt;
  return scrypt_of({decimal(method[1]), decimal(method[2]), decimal(method[3]),
                    std::string(parts[1]), decode_hex(parts[2])});
}

/// $firebase-scrypt$ln=14,r=8$signer key$salt separator$salt$hash
Read read_firebase_scrypt(std::string_view text) {
  if (!skip_literal(text, "$firebase-scrypt$ln=")) return std::nullopt;
  ScryptFields fields;
  fields.n = power_of_2(skip_decimal(text));
  if (!skip_literal(text, ",r=")) return std::nullopt;
  fields.r = skip_decimal(text);
  fields.p = 1;
  if (!skip_literal(text, "$")) return std::nullopt;
  const auto parts = split_fields(text, '$');
  if (parts.size() != 4) return std::nullopt;
  const auto key = decode_base64(parts[0]);
  const auto salt = decode_base64(parts[2]);
  // Projects without a salt separator have an empty one.
  const auto separator = parts[1].empty() ? std::string() : decode_base64(parts[1]);
  fields.digest = decode_base64(parts[3]);
  if (!key || !salt || !separator || !fields.digest || key->size() != fields.digest->size()) {
    return std::nullopt;
  }
  fields.salt = *salt + *separator;
  auto recipe = scrypt_of(std::move(fields));
  if (recipe) std::get<ScryptRecipe>(*recipe).signer_key = *key;
  return recipe;
}

std::optional<Pbkdf2Function> pbkdf2_function(std::string_view name) {
  if (name == "sha1") return Pbkdf2Function::kSha1;
  if (name == "sha256") return Pbkdf2Function::kSha256;
  return name == "sha512" ? std::optional(Pbkdf2Function::kSha512) : std::nullopt;
}

Read pbkdf2_of(std::string_view function_name, const std::optional<std::uint64_t>& rounds,
               const std::optional<std::string>& salt, const std::optional<std::string>& digest) {
  const auto function = pbkdf2_function(function_name);
  if (!function || !rounds || *rounds == 0 || *rounds > limits::kImportedPbkdf2Rounds ||
      !are_usable(salt, digest) || salt->empty()) {
    return std::nullopt;
  }
  return Pbkdf2Recipe{*function, *rounds, *salt, *digest};
}

/// pbkdf2_sha256$260000$salt$hash
Read read_django_pbkdf2(std::string_view text) {
  const auto parts = split_fields(text, '$');
  if (parts.size() != 4) return std::nullopt;
  const auto name = parts[0].substr(std::string_view("pbkdf2_").size());
  return pbkdf2_of(name, decimal(parts[1]), std::string(parts[2]), decode_base64(parts[3]));
}

/// $pbkdf2-sha256$29000$salt$hash; $pbkdf2$ is SHA-1.
Read read_passlib_pbkdf2(std::string_view text) {
  const auto parts = split_fields(text.substr(1), '$');
  if (parts.size() != 4) return std::nullopt;
  auto name = parts[0];
  if (name == "pbkdf2") name = "sha1";
  (void)skip_literal(name, "pbkdf2-");
  return pbkdf2_of(name, decimal(parts[1]), decode_base64(parts[2]), decode_base64(parts[3]));
}

/// pbkdf2:sha256:600000$salt$hex
Read read_werkzeug_pbkdf2(std::string_view text) {
  const auto parts = split_fields(text, '$');
  const auto method = split_fields(parts[0], ':');
  if (parts.size() != 3 || method.size() != 3) return std::nullopt;
  return pbkdf2_of(method[1], decimal(method[2]), std::string(parts[1]), decode_hex(parts[2]));
}

/// Characters of crypt(3)'s own base64, of which one field is made.
bool is_crypt_text(std::string_view text) {
  return text.find_first_not_of(
             "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
         std::string_view::npos;
}

/// $2b$12$ and 53 characters.
Read read_bcrypt(std::string_view text) {
  constexpr std::size_t kPrefixBytes = 7;
  constexpr std::size_t kTailBytes = 53;
  const bool is_bcrypt =
      text.starts_with("$2a$") || text.starts_with("$2b$") || text.starts_with("$2y$");
  if (!is_bcrypt || text.size() != kPrefixBytes + kTailBytes || text[6] != '$') {
    return std::nullopt;
  }
  const bool has_digits = text[4] >= '0' && text[4] <= '9' && text[5] >= '0' && text[5] <= '9';
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  if (!has_digits || cost < 4 || cost > static_cast<int>(limits::kImportedBcryptCost) ||
      !is_crypt_text(text.substr(kPrefixBytes))) {
    return std::nullopt;
  }
  return CryptRecipe{std::string(text)};
}

/// $6$salt$hash, $6$rounds=n$salt$hash
Read read_sha_crypt(std::string_view text) {
  const std::size_t digest_characters = text[1] == '6' ? 86 : 43;
  auto parts = split_fields(text.substr(3), '$');
  if (parts.size() == 3) {
    auto rounds_text = parts[0];
    const auto rounds = skip_literal(rounds_text, "rounds=") ? decimal(rounds_text) : std::nullopt;
    if (!rounds || *rounds < 1000 || *rounds > limits::kImportedShaCryptRounds) return std::nullopt;
    parts.erase(parts.begin());
  }
  if (parts.size() != 2 || parts[0].size() > 16 || !is_crypt_text(parts[0]) ||
      parts[1].size() != digest_characters || !is_crypt_text(parts[1])) {
    return std::nullopt;
  }
  return CryptRecipe{std::string(text)};
}

/// A number of crypt(3), its lowest six bits first.
std::uint64_t crypt_number(std::string_view text) {
  constexpr std::string_view kDigits =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < text.size(); ++i) number |= kDigits.find(text[i]) << (6 * i);
  return number;
}

/// $7$, one character for log2 N, five each for r and p, the salt, $, 43 characters
Read read_crypt_scrypt(std::string_view text) {
  constexpr std::size_t kNumbers = 11;
  constexpr std::size_t kDigestCharacters = 43;
  const auto parts = split_fields(text.substr(3), '$');
  if (parts.size() != 2 || parts[0].size() <= kNumbers || parts[1].size() != kDigestCharacters ||
      parts[0].size() > limits::kImportedSaltBytes || !is_crypt_text(parts[0]) ||
      !is_crypt_text(parts[1])) {
    return std::nullopt;
  }
  const auto n = power_of_2(crypt_number(parts[0].substr(0, 1)));
  const auto r = crypt_number(parts[0].substr(1, 5));
  const auto p = crypt_number(parts[0].substr(6, 5));
  if (!n || !is_affordable(*n, r, p)) return std::nullopt;
  return CryptRecipe{std::string(text)};
}

struct Form {
  std::string_view prefix;
  Read (*read)(std::string_view text);
};

constexpr Form kForms[] = {
    {"$argon2", read_argon2},
    {"$2a$", read_bcrypt},
    {"$2b$", read_bcrypt},
    {"$2y$", read_bcrypt},
    {"bcrypt$", [](std::string_view text) { return read_bcrypt(text.substr(7)); }},
    {"$5$", read_sha_crypt},
    {"$6$", read_sha_crypt},
    {"$7$", read_crypt_scrypt},
    {"$scrypt$", read_passlib_scrypt},
    {"scrypt$", read_django_scrypt},
    {"scrypt:", read_werkzeug_scrypt},
    {"$firebase-scrypt$", read_firebase_scrypt},
    {"pbkdf2_", read_django_pbkdf2},
    {"$pbkdf2", read_passlib_pbkdf2},
    {"pbkdf2:", read_werkzeug_pbkdf2},
};

}  // namespace

std::optional<HashRecipe> read_hash_recipe(std::string_view encoded) {
  const auto is_printable = [](char c) { return c > 0x20 && c < 0x7F; };
  if (encoded.size() > limits::kImportedHashBytes ||
      !std::all_of(encoded.begin(), encoded.end(), is_printable)) {
    return std::nullopt;
  }
  for (const auto& form : kForms) {
    if (encoded.starts_with(form.prefix)) return form.read(encoded);
  }
  return std::nullopt;
}

}  // namespace postern::imported_hash
