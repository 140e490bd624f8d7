#include "crypto/jwk_set.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <vector>

#include "base/limits.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "crypto/evp.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

using Number = Owned<BIGNUM, &BN_free>;
using ParameterBuilder = Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free>;
using Parameters = Owned<OSSL_PARAM, &OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;

struct Key {
  std::string kid;
  bool is_rsa = false;
  /// The one algorithm that its JWK names; empty: those of its kind.
  std::string algorithm;
  EvpKey key;

  bool takes(std::string_view alg) const {
    if (!algorithm.empty() && algorithm != alg) return false;
    return is_rsa ? alg == "RS256" || alg == "PS256" : alg == "ES256";
  }
};

Error invalid_jwks(std::string text) {
  ERR_clear_error();
  return {"invalid_jwks", Retry::kNever, text, text};
}

Error refused(std::string cause) { return {"invalid_token", Retry::kNever, std::move(cause)}; }

std::string bytes_at(const json::object& jwk, std::string_view name) {
  const auto text = string_at(jwk, name);
  return text ? base64url_decode(*text).value_or(std::string()) : std::string();
}

EvpKey make_key(const char* kind, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  EvpKey made(key);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(made) : nullptr;
}

EvpKey read_ec(const json::object& jwk) {
  const std::string x = bytes_at(jwk, "x"), y = bytes_at(jwk, "y");
  if (string_at(jwk, "crv") != "P-256" || x.size() != kP256CoordinateBytes ||
      y.size() != kP256CoordinateBytes) {
    return nullptr;
  }
  const std::string point = '\x04' + x + y;
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return make_key("EC", builder.get());
}

EvpKey read_rsa(const json::object& jwk) {
  const std::string modulus = bytes_at(jwk, "n"), exponent = bytes_at(jwk, "e");
  const Number n(BN_bin2bn(octets(modulus), static_cast<int>(modulus.size()), nullptr));
  const Number e(BN_bin2bn(octets(exponent), static_cast<int>(exponent.size()), nullptr));
  const int bits = n ? BN_num_bits(n.get()) : 0;
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (bits < limits::kRsaBitsLeast || bits > limits::kRsaBitsMost || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return make_key("RSA", builder.get());
}

/// Nothing for a key of another kind, or one that is not for signatures.
std::optional<Key> read_key(const json::object& jwk) {
  const auto kind = string_at(jwk, "kty");
  if (string_at(jwk, "use").value_or("sig") != "sig") return std::nullopt;
  Key key{std::string(string_at(jwk, "kid").value_or("")), kind == "RSA",
          std::string(string_at(jwk, "alg").value_or("")), nullptr};
  key.key = key.is_rsa ? read_rsa(jwk) : kind == "EC" ? read_ec(jwk) : nullptr;
  if (!key.key || (!key.algorithm.empty() && !key.takes(key.algorithm))) return std::nullopt;
  return key;
}

bool verify_rsa(const Key& key, std::string_view alg, std::string_view input,
                std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  if (!context ||
      EVP_DigestVerifyInit(context.get(), &padding, EVP_sha256(), nullptr, key.key.get()) != 1) {
    return false;
  }
  if (alg == "PS256" && (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1 ||
                         EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(input),
                          input.size()) == 1;
}

bool verify_ec(const Key& key, std::string_view input, std::string_view signature) {
  if (signature.size() != kEs256Bytes) return false;
  const std::string der = raw_to_der(signature);
  const DigestContext context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(der), der.size(), octets(input), input.size()) == 1;
}

struct Header {
  std::string alg;
  std::optional<std::string> kid;
};

Result<Header> read_header(std::string_view encoded) {
  const auto text = base64url_decode(encoded);
  const auto header = text ? parse_json_object(*text) : Result<json::object>(refused("header"));
  if (!header) return refused("the header cannot be read");
  if (header->contains("crit") || header->contains("b64")) return refused("crit");
  const auto alg = string_at(*header, "alg");
  const auto typ = string_at(*header, "typ").value_or("JWT");
  if (!alg) return refused("alg is missing");
  // Signed for something else, such as an access token.
  if (typ != "JWT" && typ != "client-authentication+jwt") return refused("wrong typ");
  Header read{std::string(*alg), std::nullopt};
  if (const auto kid = string_at(*header, "kid")) read.kid = std::string(*kid);
  return read;
}

}  // namespace

struct JwkSet::Impl {
  std::vector<Key> keys;
};

Result<JwkSet> JwkSet::read(std::string_view text) {
  if (text.size() > limits::kJwkSetBytes) return invalid_jwks("The JWK set is too large.");
  const auto set = parse_json_object(text);
  const auto* member = set ? set->if_contains("keys") : nullptr;
  const auto* list = member ? member->if_array() : nullptr;
  if (!list) return invalid_jwks("A JWK set is a JSON object with a list of keys.");
  if (list->size() > limits::kJwkSetKeys) return invalid_jwks("A JWK set has at most 8 keys.");
  auto impl = std::make_unique<Impl>();
  for (const auto& entry : *list) {
    const auto* jwk = entry.if_object();
    if (!jwk) return invalid_jwks("A key of a JWK set is a JSON object.");
    if (jwk->contains("d") || jwk->contains("k")) {
      return invalid_jwks("The JWK set holds a secret key: give the public half alone.");
    }
    auto key = read_key(*jwk);
    if (!key) continue;
    if (std::ranges::any_of(impl->keys, [&](const Key& other) { return other.kid == key->kid; })) {
      return invalid_jwks("Two keys of the JWK set have the same kid.");
    }
    impl->keys.push_back(*std::move(key));
  }
  ERR_clear_error();
  if (impl->keys.empty()) {
    return invalid_jwks("The JWK set has no key on P-256 and no RSA key of 2048 to 4096 bits.");
  }
  return JwkSet(std::move(impl));
}

JwkSet::JwkSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JwkSet::JwkSet(JwkSet&&) noexcept = default;
JwkSet& JwkSet::operator=(JwkSet&&) noexcept = default;
JwkSet::~JwkSet() = default;

Result<std::string> JwkSet::verify(std::string_view token) const {
  if (token.size() > limits::kTokenBytes) return refused("too long");
  const auto first = token.find('.'), last = token.rfind('.');
  if (first == std::string_view::npos || last == first) return refused("not three parts");
  const auto encoded = token.substr(first + 1, last - first - 1);
  const auto header = read_header(token.substr(0, first));
  if (!header) return header.error();
  const auto signature = base64url_decode(token.substr(last + 1));
  const auto payload = base64url_decode(encoded);
  if (!signature || !payload) return refused("not base64url");
  for (const auto& key : impl_->keys) {
    if ((header->kid && key.kid != *header->kid) || !key.takes(header->alg)) continue;
    const auto input = token.substr(0, last);
    const bool valid = key.is_rsa ? verify_rsa(key, header->alg, input, *signature)
                                  : verify_ec(key, input, *signature);
    if (valid) return *payload;
  }
  ERR_clear_error();
  return refused("no key of the set signed it");
}

}  // namespace postern
