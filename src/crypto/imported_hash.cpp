#include "crypto/imported_hash.hpp"

#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <optional>

#include "base/hash_limits.hpp"
#include "crypto/hash_recipe.hpp"

namespace postern::imported_hash {
namespace {

bool is_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

argon2_type argon2_type_of(Argon2Type type) {
  switch (type) {
    case Argon2Type::kD:
      return Argon2_d;
    case Argon2Type::kI:
      return Argon2_i;
    case Argon2Type::kId:
      break;
  }
  return Argon2_id;
}

bool matches(Argon2Recipe& recipe, std::string_view password) {
  std::string digest(recipe.digest.size(), '\0');
  std::string copy(password);
  argon2_context context{};
  context.out = bytes_of(digest);
  context.outlen = static_cast<std::uint32_t>(digest.size());
  context.pwd = bytes_of(copy);
  context.pwdlen = static_cast<std::uint32_t>(copy.size());
  context.salt = bytes_of(recipe.salt);
  context.saltlen = static_cast<std::uint32_t>(recipe.salt.size());
  context.t_cost = recipe.passes;
  context.m_cost = recipe.memory_kib;
  context.lanes = recipe.lanes;
  // The pool's threads are all that hash.
  context.threads = 1;
  context.version = recipe.version == Argon2Version::k13 ? ARGON2_VERSION_13 : ARGON2_VERSION_10;
  const bool hashed = argon2_ctx(&context, argon2_type_of(recipe.type)) == ARGON2_OK;
  OPENSSL_cleanse(copy.data(), copy.size());
  return hashed && is_equal(digest, recipe.digest);
}

/// The signer's key under AES-256-CTR with a counter of zero.
std::optional<std::string> encrypt_signer_key(std::string_view key, std::string_view signer_key) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  const std::string counter(16, '\0');
  std::string encrypted(signer_key.size(), '\0');
  int size = 0;
  if (!cipher ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_ctr(), nullptr, bytes_of(key),
                         bytes_of(std::string_view(counter))) != 1 ||
      EVP_EncryptUpdate(cipher.get(), bytes_of(encrypted), &size, bytes_of(signer_key),
                        static_cast<int>(signer_key.size())) != 1 ||
      size != static_cast<int>(encrypted.size())) {
    return std::nullopt;
  }
  return encrypted;
}

bool matches(ScryptRecipe& recipe, std::string_view password) {
  constexpr std::size_t kCipherKeyBytes = 32;
  const bool is_firebase = !recipe.signer_key.empty();
  std::string digest(is_firebase ? kCipherKeyBytes : recipe.digest.size(), '\0');
  // OpenSSL counts what it needs besides the 128 N r bytes.
  constexpr std::uint64_t kMemoryBytes = (limits::kImportedMemoryKib + 2048) * 1024;
  if (EVP_PBE_scrypt(password.data(), password.size(), bytes_of(recipe.salt), recipe.salt.size(),
                     recipe.n, recipe.r, recipe.p, kMemoryBytes, bytes_of(digest),
                     digest.size()) != 1) {
    return false;
  }
  if (!is_firebase) return is_equal(digest, recipe.digest);
  const auto encrypted = encrypt_signer_key(digest, recipe.signer_key);
  return encrypted && is_equal(*encrypted, recipe.digest);
}

const EVP_MD* openssl_function(Pbkdf2Function function) {
  switch (function) {
    case Pbkdf2Function::kSha1:
      return EVP_sha1();
    case Pbkdf2Function::kSha256:
      return EVP_sha256();
    case Pbkdf2Function::kSha512:
      break;
  }
  return EVP_sha512();
}

bool matches(Pbkdf2Recipe& recipe, std::string_view password) {
  std::string digest(recipe.digest.size(), '\0');
  return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                           bytes_of(recipe.salt), static_cast<int>(recipe.salt.size()),
                           static_cast<int>(recipe.rounds), openssl_function(recipe.function),
                           static_cast<int>(digest.size()), bytes_of(digest)) == 1 &&
         is_equal(digest, recipe.digest);
}

bool matches(CryptRecipe& recipe, std::string_view password) {
  // crypt(3) ends at a NUL; no other system let one in.
  if (password.find('\0') != std::string_view::npos) return false;
  const auto data = std::make_unique<crypt_data>();
  std::string terminated(password);
  const char* const digest = crypt_r(terminated.c_str(), recipe.setting.c_str(), data.get());
  const bool equal = digest && is_equal(digest, recipe.setting);
  OPENSSL_cleanse(terminated.data(), terminated.size());
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return equal;
}

}  // namespace

bool is_usable(std::string_view encoded) { return read_hash_recipe(encoded).has_value(); }

bool verify(std::string_view encoded, std::string_view password) {
  auto recipe = read_hash_recipe(encoded);
  return recipe && std::visit([&](auto& which) { return matches(which, password); }, *recipe);
}

}  // namespace postern::imported_hash
