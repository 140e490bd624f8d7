// The keys of jws.hpp over OpenSSL's EVP. Contexts and keys are made once; a signature takes a copy
// of a prepared HMAC context, or a fresh digest context, so that threads share nothing that
// changes.
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <stdexcept>

#include "crypto/ecdsa_signature.hpp"
#include "crypto/evp.hpp"
#include "crypto/jws.hpp"

namespace postern {

namespace {

constexpr std::size_t kHs256Bytes = 32;
/// A P-256 key in PEM has some 230 bytes.
constexpr std::size_t kPemBytes = 16 * 1024;

using Number = Owned<BIGNUM, &BN_free>;
using MacContext = Owned<EVP_MAC_CTX, &EVP_MAC_CTX_free>;

Error invalid_key(std::string reason) {
  // Entries on OpenSSL's error queue must not be taken for a later call's failure.
  ERR_clear_error();
  return Error{"invalid_key", Retry::kNever, std::move(reason)};
}

MacContext prepare_hmac(std::string_view key) {
  const Owned<EVP_MAC, &EVP_MAC_free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(EVP_MAC_CTX_new(mac.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), octets(key), key.size(), parameters) != 1) {
    return nullptr;
  }
  return context;
}

/// Never asks for a pass phrase, as the library would on a terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

EvpKey read_pem(std::string_view pem, bool is_private) {
  if (pem.size() > kPemBytes) return nullptr;
  const Owned<BIO, &BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return nullptr;
  const auto read = is_private ? &PEM_read_bio_PrivateKey : &PEM_read_bio_PUBKEY;
  return EvpKey(read(bio.get(), nullptr, &no_pass_phrase, nullptr));
}

/// Explicit parameters could describe a curve of an attacker's choice under P-256's name.
bool is_on_named_p256(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  char group[32] = {};
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return false;
  if (std::string_view(group) != "prime256v1") return false;
  int is_explicit = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
  return is_explicit == 0;
}

bool is_sound(EVP_PKEY* key, bool is_private) {
  const Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context) return false;
  return (is_private ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check(context.get())) == 1;
}

/// From the point itself: one key has several encodings.
std::string public_kid(EVP_PKEY* key) {
  std::string point(1 + kEs256Bytes, '\x04');
  std::size_t offset = 1;
  for (const char* name : {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y}) {
    BIGNUM* raw_number = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw_number) != 1) return {};
    const Number number(raw_number);
    if (BN_bn2binpad(number.get(), octets(point) + offset, kP256CoordinateBytes) < 0) return {};
    offset += kP256CoordinateBytes;
  }
  return make_kid(point);
}

}  // namespace

struct JwsKey::Impl {
  std::string_view algorithm;
  std::string kid;
  /// HS256.
  MacContext hmac = nullptr;
  /// ES256.
  EvpKey key = nullptr;
  bool may_sign = true;

  static Result<JwsKey> es256(std::string_view pem, bool is_private);
  std::string sign_hs256(std::string_view input) const;
  std::string sign_es256(std::string_view input) const;
};

std::string JwsKey::Impl::sign_hs256(std::string_view input) const {
  const MacContext context(EVP_MAC_CTX_dup(hmac.get()));
  std::string mac(kHs256Bytes, '\0');
  std::size_t length = 0;
  if (!context || EVP_MAC_update(context.get(), octets(input), input.size()) != 1 ||
      EVP_MAC_final(context.get(), octets(mac), &length, mac.size()) != 1 ||
      length != kHs256Bytes) {
    throw std::runtime_error("HMAC failed");
  }
  return mac;
}

std::string JwsKey::Impl::sign_es256(std::string_view input) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t length = der.size();
  if (!may_sign || !context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), octets(der), &length, octets(input), input.size()) != 1) {
    ERR_clear_error();
    throw std::runtime_error("ECDSA failed");
  }
  std::string raw = der_to_raw(std::string_view(der).substr(0, length));
  if (raw.empty()) throw std::runtime_error("ECDSA gave no signature");
  return raw;
}

Result<JwsKey> JwsKey::Impl::es256(std::string_view pem, bool is_private) {
  EvpKey key = read_pem(pem, is_private);
  if (!key) return invalid_key(is_private ? "no PEM private key" : "no PEM public key");
  if (!is_on_named_p256(key.get())) return invalid_key("not a key on P-256");
  if (!is_sound(key.get(), is_private)) return invalid_key("not a sound key");
  std::string kid = public_kid(key.get());
  if (kid.empty()) return invalid_key("no public half");
  auto impl = std::make_unique<Impl>();
  impl->algorithm = "ES256";
  impl->kid = std::move(kid);
  impl->key = std::move(key);
  impl->may_sign = is_private;
  return JwsKey(std::move(impl));
}

JwsKey::JwsKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JwsKey::JwsKey(JwsKey&&) noexcept = default;
JwsKey& JwsKey::operator=(JwsKey&&) noexcept = default;
JwsKey::~JwsKey() = default;

Result<JwsKey> JwsKey::hs256(const Secret& key, std::string kid) {
  if (key.view().size() < kHs256Bytes) return invalid_key("shorter than 32 bytes");
  if (key.view().find("-----BEGIN") != std::string_view::npos) {
    return invalid_key("a PEM file is not a shared secret");
  }
  MacContext hmac = prepare_hmac(key.view());
  if (!hmac) return invalid_key("HMAC is not available");
  auto impl = std::make_unique<Impl>();
  impl->algorithm = "HS256";
  impl->kid = std::move(kid);
  impl->hmac = std::move(hmac);
  return JwsKey(std::move(impl));
}

Result<JwsKey> JwsKey::es256_private(std::string_view pem) { return Impl::es256(pem, true); }
Result<JwsKey> JwsKey::es256_public(std::string_view pem) { return Impl::es256(pem, false); }

std::string_view JwsKey::algorithm() const { return impl_->algorithm; }
const std::string& JwsKey::kid() const { return impl_->kid; }

std::string JwsKey::sign(std::string_view signing_input) const {
  return impl_->hmac ? impl_->sign_hs256(signing_input) : impl_->sign_es256(signing_input);
}

bool JwsKey::verify(std::string_view signing_input, std::string_view signature) const {
  if (!impl_->hmac) return verify_es256(impl_->key.get(), signing_input, signature);
  return equal_in_constant_time(impl_->sign_hs256(signing_input), signature);
}

}  // namespace postern
