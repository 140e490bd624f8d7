#include "crypto/ecdsa_signature.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "crypto/evp.hpp"

namespace postern {
namespace {

using EcdsaSignature = Owned<ECDSA_SIG, &ECDSA_SIG_free>;
using Number = Owned<BIGNUM, &BN_free>;

std::string raw_to_der(std::string_view raw) {
  Number r(BN_bin2bn(octets(raw), kP256CoordinateBytes, nullptr));
  Number s(BN_bin2bn(octets(raw) + kP256CoordinateBytes, kP256CoordinateBytes, nullptr));
  const EcdsaSignature signature(ECDSA_SIG_new());
  if (!r || !s || !signature) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // NOLINT: owned by the signature now
  (void)s.release();  // NOLINT
  const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (length <= 0) return {};
  std::string der(static_cast<std::size_t>(length), '\0');
  unsigned char* out = octets(der);
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

}  // namespace

std::string der_to_raw(std::string_view der) {
  const unsigned char* in = octets(der);
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
  if (!signature) return {};
  std::string raw(kEs256Bytes, '\0');
  unsigned char* out = octets(raw);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kP256CoordinateBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kP256CoordinateBytes,
                   kP256CoordinateBytes) < 0) {
    return {};
  }
  return raw;
}

bool verify_es256(EVP_PKEY* key, std::string_view input, std::string_view signature) {
  if (signature.size() != kEs256Bytes) return false;
  const std::string der = raw_to_der(signature);
  const DigestContext context(EVP_MD_CTX_new());
  const bool valid =
      !der.empty() && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), octets(der), der.size(), octets(input), input.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

}  // namespace postern
