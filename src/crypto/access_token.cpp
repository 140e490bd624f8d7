#include "crypto/access_token.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

constexpr std::string_view kType = "at+jwt";
constexpr std::string_view kIdType = "JWT";
constexpr std::size_t kCoordinateBytes = 32;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

Error refused(std::string reason) {
  return Error{"invalid_token", Retry::kNever, std::move(reason)};
}

Error no_signing_key() { return {"no_signing_key", Retry::kLater, "no key signs at the moment"}; }

/// x or y of the public point, as base64url.
std::string coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(raw, &BN_free);
  std::string bytes(kCoordinateBytes, '\0');
  const int size = static_cast<int>(kCoordinateBytes);
  if (BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), size) != size) {
    return {};
  }
  return base64url_encode(bytes);
}

std::string describe_key(std::string_view private_pem, const std::string& kid) {
  const Bio bio(BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())),
                &BIO_free_all);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key) return {};
  const std::string x = coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const std::string y = coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  if (x.empty() || y.empty()) return {};
  return R"({"kty":"EC","use":"sig","alg":"ES256","crv":"P-256","kid":")" + kid + R"(","x":")" + x +
         R"(","y":")" + y + "\"}";
}

std::string text_at(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::int64_t> number_at(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

/// The payload is ours: its signature was checked. When it is for is left to check_times().
Result<AccessTokenClaims> read_claims(std::string_view payload, std::string_view issuer) {
  const auto object = parse_json_object(payload);
  if (!object) return refused("claims are not a JSON object");
  const auto& claims = *object;
  if (text_at(claims, "iss") != issuer) return refused("wrong iss");
  const auto iat = number_at(claims, "iat"), exp = number_at(claims, "exp");
  const auto auth_time = number_at(claims, "auth_time");
  if (!iat || !exp || !auth_time) return refused("a time is missing");
  if (*iat < 0 || *auth_time < 0 || std::max(*exp, *auth_time) > kLastUnixSecond) {
    return refused("a time is out of range");
  }
  if (*exp <= *iat) return refused("exp is not after iat");
  AccessTokenClaims read;
  read.account_id = text_at(claims, "sub");
  read.session_id = text_at(claims, "sid");
  read.token_id = text_at(claims, "jti");
  if (!is_id(read.account_id) || !is_id(read.session_id)) return refused("sub or sid is not an id");
  read.issued_at = from_unix_ms(*iat * 1000);
  read.expires_at = from_unix_ms(*exp * 1000);
  read.auth_time = from_unix_ms(*auth_time * 1000);
  read.audience = text_at(claims, "aud");
  read.client_id = text_at(claims, "client_id");
  read.scope = text_at(claims, "scope");
  read.grant_id = text_at(claims, "grant_id");
  return read;
}

Status check_times(const AccessTokenClaims& claims, TimePoint now) {
  // The clock of the app that made it may be ahead of this one's.
  if (claims.issued_at > now + limits::kClockDifference) return refused("issued in the future");
  if (claims.expires_at <= now) return refused("expired");
  return {};
}

/// The header as it claims to be; nothing of it is believed.
std::optional<std::string> claimed_kid(std::string_view token) {
  if (token.size() > limits::kTokenBytes) return std::nullopt;
  const auto header = base64url_decode(token.substr(0, token.find('.')));
  if (!header) return std::nullopt;
  const auto members = parse_flat_json(*header);
  const auto kid = members ? string_at(*members, "kid") : std::nullopt;
  return kid ? std::optional(std::string(*kid)) : std::nullopt;
}

}  // namespace

NewSigningKey make_signing_key() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1"), &EVP_PKEY_free);
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    throw std::runtime_error("no signing key could be made");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  NewSigningKey made;
  made.private_pem = Secret(std::string(data, static_cast<std::size_t>(size)));
  OPENSSL_cleanse(data, static_cast<std::size_t>(size));
  auto read = JwsKey::es256_private(made.private_pem.view());
  if (!read) throw std::runtime_error("the signing key is unsound: " + read.error().cause);
  made.kid = read->kid();
  return made;
}

Result<AccessKeyRing::Key> AccessKeyRing::read_key(std::string_view private_pem) {
  auto key = JwsKey::es256_private(private_pem);
  if (!key) return key.error();
  std::string jwk = describe_key(private_pem, key->kid());
  if (jwk.empty()) return Error{"invalid_key", Retry::kNever, "no public half"};
  return Key{*std::move(key), std::move(jwk)};
}

AccessKeyRing::AccessKeyRing(std::vector<Key> keys, std::optional<std::size_t> signer,
                             std::string issuer)
    : verified_(std::make_unique<VerifiedTokens>(limits::kVerifiedTokens)),
      signer_(signer),
      issuer_(std::move(issuer)),
      jwks_("{\"keys\":[") {
  for (auto& key : keys) {
    if (!keys_.empty()) jwks_ += ',';
    jwks_ += key.jwk;
    keys_.push_back(std::move(key.key));
  }
  jwks_ += "]}";
  if (!signer_) return;
  access_header_ = jws_header(keys_[*signer_], kType);
  id_header_ = jws_header(keys_[*signer_], kIdType);
}

Result<std::string> AccessKeyRing::mint(const AccessTokenClaims& claims) const {
  if (!signer_) return no_signing_key();
  json::array methods;
  for (std::string_view rest = claims.methods; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    methods.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  json::object payload{{"iss", issuer_},
                       {"sub", claims.account_id},
                       {"aud", claims.audience.empty() ? issuer_ : claims.audience},
                       {"exp", to_unix_s(claims.expires_at)},
                       {"iat", to_unix_s(claims.issued_at)},
                       {"jti", claims.token_id},
                       {"sid", claims.session_id},
                       {"auth_time", to_unix_s(claims.auth_time)},
                       {"amr", std::move(methods)}};
  if (!claims.client_id.empty()) {
    payload["client_id"] = claims.client_id;
    payload["scope"] = claims.scope;
    payload["grant_id"] = claims.grant_id;
  }
  return sign_jws(keys_[*signer_], access_header_, json::serialize(payload));
}

Result<VerifiedTokens::Claims> AccessKeyRing::claims_of(std::string_view token) const {
  const auto digest = sha256(token);
  if (auto known = verified_->find(digest)) return known;
  const auto payload = verify_jws(keys_, kType, token);
  if (!payload) return payload.error();
  auto claims = read_claims(*payload, issuer_);
  if (!claims) return claims.error();
  auto shared = std::make_shared<const AccessTokenClaims>(*std::move(claims));
  verified_->put(digest, shared);
  return VerifiedTokens::Claims(std::move(shared));
}

Result<AccessTokenClaims> AccessKeyRing::read(std::string_view token, TimePoint now) const {
  const auto claims = claims_of(token);
  if (!claims) return claims.error();
  if (Status in_time = check_times(**claims, now); !in_time) return in_time.error();
  return **claims;
}

Result<AccessTokenClaims> AccessKeyRing::verify(std::string_view token, TimePoint now) const {
  auto claims = read(token, now);
  if (claims && (claims->audience != issuer_ || !claims->client_id.empty())) {
    return refused("wrong aud");
  }
  return claims;
}

Result<AccessTokenClaims> AccessKeyRing::verify_of_client(std::string_view token,
                                                          TimePoint now) const {
  auto claims = read(token, now);
  if (claims && (claims->client_id.empty() || !is_id(claims->grant_id))) {
    return refused("no client's token");
  }
  return claims;
}

Result<std::string> AccessKeyRing::sign_id_token(std::string_view claims) const {
  if (!signer_) return no_signing_key();
  return sign_jws(keys_[*signer_], id_header_, claims);
}

Result<std::string> AccessKeyRing::verify_id_token(std::string_view token) const {
  return verify_jws(keys_, kIdType, token);
}

bool AccessKeyRing::names_unknown_key(std::string_view token) const {
  const auto kid = claimed_kid(token);
  return kid && std::none_of(keys_.begin(), keys_.end(),
                             [&](const JwsKey& key) { return key.kid() == *kid; });
}

}  // namespace postern
