#include "crypto/mail_token.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "crypto/base64url.hpp"
#include "crypto/jws.hpp"
#include "crypto/strict_json.hpp"

namespace postern {

namespace {

constexpr std::array<std::string_view, kMailTokenPurposes> kTypes{
    "set-password+jwt", "confirm-email+jwt", "take-back-email+jwt"};
/// 9999-12-31: keeps sums of claims far from any overflow.
constexpr std::int64_t kLastSecond = 253402300799;

std::string_view type_of(MailTokenPurpose purpose) {
  return kTypes[static_cast<std::size_t>(purpose)];
}

Error refused(std::string reason) {
  return Error{"invalid_token", Retry::kNever, std::move(reason)};
}

JwsKey shared_key(const Secret& secret_key) {
  std::string kid = make_kid(derive_key(secret_key, "mail-token-kid").view());
  Result<JwsKey> key = JwsKey::hs256(derive_key(secret_key, "mail-token"), std::move(kid));
  if (!key) throw std::runtime_error("mail token key: " + key.error().detail);
  return std::move(*key);
}

void append_number(std::string& json, std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  json.append(digits, end);
}

void append_string_member(std::string& json, std::string_view quoted_name, std::string_view value) {
  json.append(quoted_name);
  append_json_string(json, value);
}

void append_number_member(std::string& json, std::string_view quoted_name, std::int64_t value) {
  json.append(quoted_name);
  append_number(json, value);
}

/// {"iss":"…","aud":"…": what the claims of every token of one issuer begin with.
std::string issuer_members(std::string_view issuer) {
  std::string json;
  append_string_member(json, "{\"iss\":", issuer);
  append_string_member(json, ",\"aud\":", issuer);
  return json;
}

std::int64_t seconds(std::chrono::seconds duration) { return duration.count(); }

std::chrono::seconds longest_life(MailTokenPurpose purpose) {
  if (purpose == MailTokenPurpose::kTakeBackEmail) return limits::kTakeBackLife;
  return limits::kMailTokenLife;
}

struct TokenTimes {
  std::int64_t iat, nbf, exp;
};

/// Nothing when the times allow the token at `now_s`, else what is wrong.
std::string_view check_times(const TokenTimes& times, std::chrono::seconds life,
                             std::int64_t now_s) {
  const auto [iat, nbf, exp] = times;
  for (const std::int64_t time : {iat, nbf, exp}) {
    if (time < 0 || time > kLastSecond) return "a time is out of range";
  }
  const std::int64_t skew = seconds(limits::kClockSkew);
  if (exp <= iat) return "exp is not after iat";
  if (exp - iat > seconds(life)) return "lives too long";
  // The worker's clock, which made the token, and the app's may differ.
  const std::int64_t difference = seconds(limits::kClockDifference);
  if (iat > now_s + difference) return "issued in the future";
  if (nbf > now_s + difference) return "not valid yet";
  if (exp + skew <= now_s) return "expired";
  return {};
}

/// An absent one is empty; nothing when it is of another type.
std::optional<std::string> optional_string(const FlatJson& claims, std::string_view name) {
  if (!claims.contains(name)) return std::string();
  const auto value = claims.string_at(name);
  if (!value) return std::nullopt;
  return std::string(*value);
}

Result<MailTokenClaims> read_claims(const FlatJson& json, MailTokenPurpose purpose,
                                    std::string_view issuer, std::int64_t now_s) {
  const auto iss = json.string_at("iss"), aud = json.string_at("aud");
  const auto sub = json.string_at("sub"), jti = json.string_at("jti");
  const auto iat = json.integer_at("iat"), nbf = json.integer_at("nbf");
  const auto exp = json.integer_at("exp"), ver = json.integer_at("ver");
  if (!iss || !aud || !sub || !jti || !iat || !nbf || !exp || !ver) {
    return refused("a claim is missing or of the wrong type");
  }
  auto locale = optional_string(json, "locale"), return_to = optional_string(json, "return_to");
  auto mark = optional_string(json, "adr"), former_email = optional_string(json, "email");
  if (!locale || !return_to || !mark || !former_email)
    return refused("a private claim is of the wrong type");
  if (*iss != issuer) return refused("wrong iss");
  if (*aud != issuer) return refused("wrong aud");
  if (!is_id(*sub)) return refused("sub is not an id");
  if (jti->empty()) return refused("jti is empty");
  if (*ver < 1) return refused("ver is not positive");
  const std::string_view fault = check_times({*iat, *nbf, *exp}, longest_life(purpose), now_s);
  if (!fault.empty()) return refused(std::string(fault));
  MailTokenClaims claims;
  claims.account_id = *sub;
  claims.credential_version = *ver;
  claims.token_id = *jti;
  claims.issued_at = from_unix_ms(*iat * 1000);
  claims.expires_at = from_unix_ms(*exp * 1000);
  claims.email_mark = std::move(*mark);
  claims.former_email = std::move(*former_email);
  claims.locale = std::move(*locale);
  claims.return_to = std::move(*return_to);
  return claims;
}

}  // namespace

std::string email_mark(std::string_view email) { return base64url_encode(sha256(email)); }

struct MailTokenSigner::Impl {
  Impl(JwsKey signing_key, std::string_view issuer)
      : key(std::move(signing_key)), issuer_claims(issuer_members(issuer)) {
    for (std::size_t i = 0; i < headers.size(); ++i) headers[i] = jws_header(key, kTypes[i]);
  }

  JwsKey key;
  /// By purpose.
  std::array<std::string, kMailTokenPurposes> headers;
  std::string issuer_claims;
};

MailTokenSigner::MailTokenSigner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MailTokenSigner::MailTokenSigner(MailTokenSigner&&) noexcept = default;
MailTokenSigner& MailTokenSigner::operator=(MailTokenSigner&&) noexcept = default;
MailTokenSigner::~MailTokenSigner() = default;

MailTokenSigner MailTokenSigner::hs256(const Secret& secret_key, std::string issuer) {
  return MailTokenSigner(std::make_unique<Impl>(shared_key(secret_key), issuer));
}

Result<MailTokenSigner> MailTokenSigner::es256(std::string_view private_key_pem,
                                               std::string issuer) {
  Result<JwsKey> key = JwsKey::es256_private(private_key_pem);
  if (!key) return key.error();
  return MailTokenSigner(std::make_unique<Impl>(std::move(*key), issuer));
}

Result<std::string> MailTokenSigner::mint(MailTokenPurpose purpose,
                                          const MailTokenClaims& claims) const {
  constexpr std::size_t kClaimsRoom = 256;
  std::string json;
  json.reserve(impl_->issuer_claims.size() + claims.return_to.size() + kClaimsRoom);
  json.append(impl_->issuer_claims);
  const std::int64_t issued_s = to_unix_s(claims.issued_at);
  append_string_member(json, ",\"sub\":", claims.account_id);
  append_string_member(json, ",\"jti\":", claims.token_id);
  append_number_member(json, ",\"iat\":", issued_s);
  append_number_member(json, ",\"nbf\":", issued_s);
  append_number_member(json, ",\"exp\":", to_unix_s(claims.expires_at));
  append_number_member(json, ",\"ver\":", claims.credential_version);
  if (!claims.email_mark.empty()) append_string_member(json, ",\"adr\":", claims.email_mark);
  if (!claims.former_email.empty()) {
    append_string_member(json, ",\"email\":", claims.former_email);
  }
  if (!claims.locale.empty()) append_string_member(json, ",\"locale\":", claims.locale);
  const std::size_t without_return_to = json.size();
  if (!claims.return_to.empty()) append_string_member(json, ",\"return_to\":", claims.return_to);
  json.push_back('}');

  const std::string& header = impl_->headers[static_cast<std::size_t>(purpose)];
  Result<std::string> token = sign_jws(impl_->key, header, json);
  if (!token || token->size() <= limits::kTokenBytes || claims.return_to.empty()) return token;
  json.resize(without_return_to);
  json.push_back('}');
  return sign_jws(impl_->key, header, json);
}

struct MailTokenVerifier::Impl {
  JwsKey key;
  std::string issuer;
};

MailTokenVerifier::MailTokenVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MailTokenVerifier::MailTokenVerifier(MailTokenVerifier&&) noexcept = default;
MailTokenVerifier& MailTokenVerifier::operator=(MailTokenVerifier&&) noexcept = default;
MailTokenVerifier::~MailTokenVerifier() = default;

MailTokenVerifier MailTokenVerifier::hs256(const Secret& secret_key, std::string issuer) {
  return MailTokenVerifier(std::make_unique<Impl>(Impl{shared_key(secret_key), std::move(issuer)}));
}

Result<MailTokenVerifier> MailTokenVerifier::es256(std::string_view public_key_pem,
                                                   std::string issuer) {
  Result<JwsKey> key = JwsKey::es256_public(public_key_pem);
  if (!key) return key.error();
  return MailTokenVerifier(std::make_unique<Impl>(Impl{std::move(*key), std::move(issuer)}));
}

Result<MailTokenClaims> MailTokenVerifier::verify(MailTokenPurpose purpose, std::string_view token,
                                                  TimePoint now) const {
  const Result<std::string> payload =
      verify_jws(std::span(&impl_->key, 1), type_of(purpose), token);
  if (!payload) return payload.error();
  const std::optional<FlatJson> json = parse_flat_json(*payload);
  if (!json) return refused("claims are not a flat JSON object");
  return read_claims(*json, purpose, impl_->issuer, to_unix_s(now));
}

}  // namespace postern
