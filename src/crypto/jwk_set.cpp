#include "crypto/jwk_set.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <vector>

#include "base/oidc_limits.hpp"
#include "crypto/compact_jws.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "crypto/evp.hpp"
#include "text/ascii.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

using Number = Owned<BIGNUM, &BN_free>;
using KeyContext = Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;
using ParameterBuilder = Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free>;
using Parameters = Owned<OSSL_PARAM, &OSSL_PARAM_free>;

enum class Algorithm { kEs256, kRs256, kPs256 };

struct PublicKey {
  /// Empty: it has none.
  std::string kid;
  EvpKey key;
  std::vector<Algorithm> algorithms;
};
/// Nothing: a key of a kind that is left out.
using ReadKey = Result<std::optional<PublicKey>>;

ReadKey read_jwk(const json::object& jwk);
ReadKey read_ec(const json::object& jwk);
ReadKey read_rsa(const json::object& jwk);

Error invalid_set(std::string text) {
  // What OpenSSL left on its error queue must not be taken for a later call's failure.
  ERR_clear_error();
  return {.code = "invalid_jwks", .retry = Retry::kNever, .text = std::move(text)};
}

Error refused(std::string cause) { return {"invalid_token", Retry::kNever, std::move(cause)}; }

bool has(const json::object& object, std::string_view name) { return object.contains(name); }

std::optional<Algorithm> to_algorithm(std::string_view name) {
  if (name == "ES256") return Algorithm::kEs256;
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "PS256") return Algorithm::kPs256;
  return std::nullopt;
}

Result<std::vector<PublicKey>> read_keys(const json::array& jwks) {
  std::vector<PublicKey> keys;
  std::vector<std::string_view> kids;
  for (const json::value& value : jwks) {
    const json::object* jwk = value.if_object();
    if (!jwk) return invalid_set("A member of \"keys\" is not an object.");
    auto key = read_jwk(*jwk);
    if (!key) return key.error();
    if (const auto kid = string_at(*jwk, "kid")) {
      // Of two keys with one kid, the one that verifies would depend on their order.
      if (std::ranges::count(kids, *kid) > 0) return invalid_set("A \"kid\" occurs twice.");
      kids.push_back(*kid);
    }
    if (*key) keys.push_back(**std::move(key));
  }
  if (keys.empty()) return invalid_set("No key is EC on P-256 or RSA, and for signatures.");
  return keys;
}

/// Private members of EC, OKP and RSA (RFC 7518, 6.2.2 and 6.3.2), and of a symmetric key (6.4).
bool has_private_member(const json::object& jwk) {
  static constexpr std::string_view kPrivate[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
  return std::ranges::any_of(kPrivate, [&](std::string_view name) { return has(jwk, name); });
}

bool is_for_signatures(const json::object& jwk) {
  if (has(jwk, "use") && string_at(jwk, "use") != "sig") return false;
  const json::value* operations = jwk.if_contains("key_ops");
  if (!operations) return true;
  const json::array* names = operations->if_array();
  return names && std::ranges::any_of(*names, [](const json::value& name) {
           const json::string* text = name.if_string();
           return text && *text == "verify";
         });
}

ReadKey read_jwk(const json::object& jwk) {
  const auto kty = string_at(jwk, "kty");
  if (!kty) return invalid_set("A key has no \"kty\".");
  if (has_private_member(jwk) || *kty == "oct") {
    return invalid_set(
        "The set holds a private or a symmetric key; only public keys belong in it.");
  }
  const auto kid = string_at(jwk, "kid");
  if (has(jwk, "kid") && (!kid || kid->empty() || kid->size() > limits::kJwkKidBytes)) {
    return invalid_set("A \"kid\" is not a text of 1 to 256 bytes.");
  }
  const auto alg = string_at(jwk, "alg");
  if (has(jwk, "alg") && (!alg || *alg == "none" || alg->starts_with("HS"))) {
    return invalid_set("An \"alg\" is not one of public keys.");
  }
  if (!is_for_signatures(jwk)) return std::optional<PublicKey>();
  if (*kty == "EC") return read_ec(jwk);
  if (*kty == "RSA") return read_rsa(jwk);
  return std::optional<PublicKey>();
}

/// The key with its kid, for the algorithm that its `alg` names or else for all of `possible`.
PublicKey describe(const json::object& jwk, EvpKey key, std::vector<Algorithm> possible) {
  const auto alg = string_at(jwk, "alg");
  const auto algorithm = alg ? to_algorithm(*alg) : std::nullopt;
  if (algorithm) possible = {*algorithm};
  return {std::string(string_at(jwk, "kid").value_or("")), std::move(key), std::move(possible)};
}

EvpKey make_key(const char* type, OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

EvpKey make_p256(const std::string& x, const std::string& y) {
  std::string point = '\x04' + x + y;
  char group[] = "prime256v1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  EvpKey key = make_key("EC", parameters);
  if (!key) return nullptr;
  // The point is on the curve and not the one at infinity.
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1 ? std::move(key) : nullptr;
}

std::optional<std::string> bytes_at(const json::object& jwk, std::string_view name) {
  const auto text = string_at(jwk, name);
  return text ? base64url_decode(*text) : std::nullopt;
}

/// RFC 7518 section 6.2.1.2 asks for all 32 bytes, but libraries that write a number without its
/// leading zeros are in use: one key of 128 of theirs is shorter.
std::optional<std::string> coordinate_at(const json::object& jwk, std::string_view name) {
  auto bytes = bytes_at(jwk, name);
  if (!bytes || bytes->empty() || bytes->size() > kP256CoordinateBytes) return std::nullopt;
  bytes->insert(0, kP256CoordinateBytes - bytes->size(), '\0');
  return bytes;
}

ReadKey read_ec(const json::object& jwk) {
  if (string_at(jwk, "crv") != "P-256") return std::optional<PublicKey>();
  const auto alg = string_at(jwk, "alg");
  if (alg && alg->starts_with("ECDH-ES")) return std::optional<PublicKey>();
  if (alg && *alg != "ES256") return invalid_set("The \"alg\" of a key on P-256 is not ES256.");
  const auto x = coordinate_at(jwk, "x"), y = coordinate_at(jwk, "y");
  if (!x || !y) return invalid_set("\"x\" or \"y\" of an EC key is not 32 bytes in base64url.");
  EvpKey key = make_p256(*x, *y);
  if (!key) return invalid_set("An EC key is not a point on P-256.");
  return std::optional(describe(jwk, std::move(key), {Algorithm::kEs256}));
}

Number to_number(std::string_view bytes) {
  return Number(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

EvpKey make_rsa(const BIGNUM* modulus, const BIGNUM* exponent) {
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
    return nullptr;
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return parameters ? make_key("RSA", parameters.get()) : nullptr;
}

/// Other algorithms of RSA keys (RFC 7518, 3.1 and 4.1).
bool is_other_rsa_algorithm(std::string_view alg) {
  return alg.starts_with("RSA") || alg == "RS384" || alg == "RS512" || alg == "PS384" ||
         alg == "PS512";
}

ReadKey read_rsa(const json::object& jwk) {
  const auto alg = string_at(jwk, "alg");
  if (alg && is_other_rsa_algorithm(*alg)) return std::optional<PublicKey>();
  if (alg && *alg != "RS256" && *alg != "PS256") {
    return invalid_set("The \"alg\" of an RSA key is not RS256 or PS256.");
  }
  const auto n = bytes_at(jwk, "n"), e = bytes_at(jwk, "e");
  if (!n || !e) return invalid_set("\"n\" or \"e\" of an RSA key is not base64url.");
  const Number modulus = to_number(*n), exponent = to_number(*e);
  if (!modulus || !exponent) return invalid_set("An RSA key cannot be read.");
  const int bits = BN_num_bits(modulus.get());
  if (bits < limits::kRsaBitsLeast || bits > limits::kRsaBitsMost) {
    return invalid_set("An RSA key has fewer than 2048 or more than 4096 bits.");
  }
  // Whether the modulus is a product of two primes is the holder's matter: a test of it at each
  // reading would take longer than many signatures.
  const int exponent_bits = BN_num_bits(exponent.get());
  if (!BN_is_odd(modulus.get()) || !BN_is_odd(exponent.get()) ||
      exponent_bits < limits::kRsaExponentBitsLeast ||
      exponent_bits > limits::kRsaExponentBitsMost) {
    return invalid_set("\"n\" or \"e\" of an RSA key is even, or \"e\" is out of range.");
  }
  EvpKey key = make_rsa(modulus.get(), exponent.get());
  if (!key) return invalid_set("An RSA key cannot be read.");
  return std::optional(describe(jwk, std::move(key), {Algorithm::kRs256, Algorithm::kPs256}));
}

bool verify_rsa(EVP_PKEY* key, bool is_pss, std::string_view input, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // of `context`
  const auto is_set_up = [&] {
    if (EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key) != 1) {
      return false;
    }
    if (!is_pss) return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1;
    // The salt has the length of the hash (RFC 7518, 3.5); the hash of MGF1 is the digest's.
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  };
  const bool valid = context && is_set_up() &&
                     EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                                      octets(input), input.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

bool verify_with(const PublicKey& key, Algorithm algorithm, const CompactParts& parts,
                 std::string_view signature) {
  if (algorithm == Algorithm::kEs256) {
    return verify_es256(key.key.get(), parts.signing_input, signature);
  }
  return verify_rsa(key.key.get(), algorithm == Algorithm::kPs256, parts.signing_input, signature);
}

struct Header {
  Algorithm algorithm;
  /// Empty: it has none.
  std::string kid;
};

Result<Header> read_header(std::string_view encoded, std::string_view explicit_typ) {
  // `crit` and `b64` change what a signature is of; the others bring a key or point to one.
  static constexpr std::string_view kRefused[] = {"crit", "b64", "jwk", "jku", "x5c", "x5u"};
  const auto text = base64url_decode(encoded);
  if (!text) return refused("header is not base64url");
  const auto header = parse_json_object(*text);
  if (!header) return refused("header is not a JSON object");
  for (const std::string_view name : kRefused) {
    if (has(*header, name)) return refused("header has " + std::string(name));
  }
  const auto typ = string_at(*header, "typ");
  if (has(*header, "typ") && (!typ || (!ascii::equals_ignoring_case(*typ, "JWT") &&
                                       !ascii::equals_ignoring_case(*typ, explicit_typ)))) {
    return refused("wrong typ");
  }
  const auto alg = string_at(*header, "alg");
  const auto algorithm = alg ? to_algorithm(*alg) : std::nullopt;
  if (!algorithm) return refused("unknown alg");
  const auto kid = string_at(*header, "kid");
  if (has(*header, "kid") && (!kid || kid->empty())) return refused("kid is not a text");
  return Header{*algorithm, std::string(kid.value_or(""))};
}

}  // namespace

struct JwkSet::Impl {
  std::vector<PublicKey> keys;
};

JwkSet::JwkSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JwkSet::JwkSet(JwkSet&&) noexcept = default;
JwkSet& JwkSet::operator=(JwkSet&&) noexcept = default;
JwkSet::~JwkSet() = default;

Result<JwkSet> JwkSet::read(std::string_view json) {
  if (json.size() > limits::kJwkSetBytes) return invalid_set("The set is over 16 KiB.");
  const auto set = parse_json_object(json);
  if (!set) return invalid_set("The set is not a strict JSON object: " + set.error().cause + ".");
  const json::value* member = set->if_contains("keys");
  const json::array* jwks = member ? member->if_array() : nullptr;
  if (!jwks) return invalid_set("The set has no list \"keys\".");
  if (jwks->size() > limits::kJwkSetKeys) return invalid_set("The set has more than 8 keys.");
  auto keys = read_keys(*jwks);
  if (!keys) return keys.error();
  return JwkSet(std::make_unique<Impl>(Impl{*std::move(keys)}));
}

Result<std::string> JwkSet::verify(std::string_view typ, std::string_view token) const {
  if (token.size() > limits::kAssertionBytes) return refused("too long");
  const auto parts = split_compact(token);
  if (!parts) return refused("not three parts");
  const auto header = read_header(parts->header, typ);
  if (!header) return header.error();
  const auto signature = base64url_decode(parts->signature);
  if (!signature) return refused("signature is not base64url");
  const bool valid = std::ranges::any_of(impl_->keys, [&](const PublicKey& key) {
    return (header->kid.empty() || header->kid == key.kid) &&
           std::ranges::count(key.algorithms, header->algorithm) > 0 &&
           verify_with(key, header->algorithm, *parts, *signature);
  });
  if (!valid) return refused("no key of this kid and alg signed it");
  auto payload = base64url_decode(parts->payload);
  if (!payload) return refused("payload is not base64url");
  return *std::move(payload);
}

}  // namespace postern
