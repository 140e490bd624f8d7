// Keys for tests, made when they are needed, as PEM. Not for anything else.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace postern::test {

struct PemPair {
  std::string private_pem;
  std::string public_pem;
};

using KeyPtr = std::shared_ptr<EVP_PKEY>;

inline KeyPtr owned(EVP_PKEY* key) {
  if (!key) throw std::runtime_error("no key");
  return {key, &EVP_PKEY_free};
}

/// "prime256v1", "secp384r1", "secp256k1".
inline KeyPtr make_ec_key(const char* curve) {
  return owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
}

inline std::string read_all(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

inline std::string to_private_pem(const KeyPtr& key, const char* pass_phrase = nullptr) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), pass_phrase ? EVP_aes_128_cbc() : nullptr,
                                nullptr, 0, nullptr, const_cast<char*>(pass_phrase));
  return read_all(bio.get());
}

inline std::string to_public_pem(const KeyPtr& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  return read_all(bio.get());
}

inline PemPair to_pems(const KeyPtr& key) { return {to_private_pem(key), to_public_pem(key)}; }

}  // namespace postern::test
