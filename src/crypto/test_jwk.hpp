// Keys of clients for tests: their JWK, and tokens that they sign.
#pragma once

#include <openssl/bn.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

#include "crypto/ecdsa_signature.hpp"
#include "crypto/evp.hpp"
#include "crypto/test_keys.hpp"
#include "text/base64url.hpp"

namespace postern::test {

inline KeyPtr make_rsa_key(std::size_t bits = 2048) {
  return owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
}

// Made once: RSA keys take their time.
inline const KeyPtr& ec_key() {
  static const KeyPtr key = make_ec_key("prime256v1");
  return key;
}
inline const KeyPtr& rsa_key() {
  static const KeyPtr key = make_rsa_key();
  return key;
}

inline const KeyPtr& key_of(std::string_view algorithm) {
  return algorithm == "ES256" ? ec_key() : rsa_key();
}

/// base64url of a number of the key, of at least `bytes` bytes.
inline std::string number_of(const KeyPtr& key, const char* name, int bytes = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), name, &raw) != 1) throw std::runtime_error("no number");
  const Owned<BIGNUM, &BN_free> number(raw);
  const int size = std::max(bytes, BN_num_bytes(raw));
  std::string text(static_cast<std::size_t>(size), '\0');
  BN_bn2binpad(raw, octets(text), size);
  return base64url_encode(text);
}

/// `more`: further members, each with a comma before it.
inline std::string rsa_jwk(const KeyPtr& key, std::string_view more = "") {
  return R"({"kty":"RSA","n":")" + number_of(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
         number_of(key, OSSL_PKEY_PARAM_RSA_E) + '"' + std::string(more) + '}';
}

inline std::string ec_jwk(const KeyPtr& key, std::string_view more = "",
                          std::string_view curve = "P-256", int bytes = 32) {
  return R"({"kty":"EC","crv":")" + std::string(curve) + R"(","x":")" +
         number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" +
         number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes) + '"' + std::string(more) + '}';
}

inline std::string jwk_set(std::initializer_list<std::string> jwks) {
  std::string json;
  for (const std::string& jwk : jwks) json += (json.empty() ? "" : ",") + jwk;
  return "{\"keys\":[" + json + "]}";
}

/// `salt` of PS256 in bytes; -1 is the length of the hash.
inline std::string sign_digest(const KeyPtr& key, std::string_view input, bool is_pss,
                               int salt = -1) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key.get()) != 1 ||
      (is_pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt) != 1)) ||
      EVP_DigestSign(context.get(), octets(signature), &size, octets(input), input.size()) != 1) {
    throw std::runtime_error("no signature");
  }
  signature.resize(size);
  return signature;
}

inline std::string sign_hs256(std::string_view secret, std::string_view input) {
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(input), input.size(),
       octets(mac), nullptr);
  return mac;
}

inline std::string sign_with(const KeyPtr& key, std::string_view algorithm,
                             std::string_view input) {
  // The same call signs with an EC key; the result is DER then.
  const std::string signature = sign_digest(key, input, algorithm == "PS256");
  return algorithm == "ES256" ? der_to_raw(signature) : signature;
}

/// `more`: as of rsa_jwk().
inline std::string jws_header_json(std::string_view algorithm, std::string_view more = "") {
  return R"({"alg":")" + std::string(algorithm) + '"' + std::string(more) + '}';
}

inline std::string signing_input(std::string_view header, std::string_view payload) {
  return base64url_encode(header) + '.' + base64url_encode(payload);
}

inline std::string with_signature(const std::string& input, std::string_view signature) {
  return input + '.' + base64url_encode(signature);
}

/// A token with any header, signed by `algorithm` whatever the header says.
inline std::string sign_token(const KeyPtr& key, std::string_view algorithm,
                              std::string_view header, std::string_view payload) {
  const std::string input = signing_input(header, payload);
  return with_signature(input, sign_with(key, algorithm, input));
}

}  // namespace postern::test
