#include "crypto/mail_token.hpp"

#include <array>
#include <stdexcept>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "crypto/jws.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"

namespace postern {

namespace {

constexpr std::array<std::string_view, kMailTokenPurposes> kTypes{
    "set-password+jwt", "confirm-email+jwt", "take-back-email+jwt"};

std::string_view type_of(MailTokenPurpose purpose) {
  return kTypes[static_cast<std::size_t>(purpose)];
}

Error refused(std::string reason) {
  return Error{"invalid_token", Retry::kNever, std::move(reason)};
}

JwsKey shared_key(const Secret& secret_key) {
  std::string kid = make_kid(derive_key(secret_key, "mail-token-kid").view());
  Result<JwsKey> key = JwsKey::hs256(derive_key(secret_key, "mail-token"), std::move(kid));
  if (!key) throw std::runtime_error("mail token key: " + key.error().cause);
  return std::move(*key);
}

std::string write_claims(const std::string& issuer, const MailTokenClaims& claims,
                         bool with_return_to) {
  const std::int64_t issued_s = to_unix_s(claims.issued_at);
  JsonWriter json;
  json.text("iss", issuer)
      .text("aud", issuer)
      .text("sub", claims.account_id)
      .text("jti", claims.token_id)
      .number("iat", issued_s)
      .number("nbf", issued_s)
      .number("exp", to_unix_s(claims.expires_at))
      .number("ver", claims.credential_version);
  if (!claims.email_mark.empty()) json.text("adr", claims.email_mark);
  if (!claims.former_email.empty()) json.text("email", claims.former_email);
  if (!claims.locale.empty()) json.text("locale", claims.locale);
  if (with_return_to && !claims.return_to.empty()) json.text("return_to", claims.return_to);
  return json.finish();
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
    if (time < 0 || time > kLastUnixSecond) return "a time is out of range";
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
std::optional<std::string> optional_string(const boost::json::object& claims,
                                           std::string_view name) {
  if (!claims.contains(name)) return std::string();
  const auto value = string_at(claims, name);
  if (!value) return std::nullopt;
  return std::string(*value);
}

Result<MailTokenClaims> read_claims(const boost::json::object& json, MailTokenPurpose purpose,
                                    std::string_view issuer, std::int64_t now_s) {
  const auto iss = string_at(json, "iss"), aud = string_at(json, "aud");
  const auto sub = string_at(json, "sub"), jti = string_at(json, "jti");
  const auto iat = integer_at(json, "iat"), nbf = integer_at(json, "nbf");
  const auto exp = integer_at(json, "exp"), ver = integer_at(json, "ver");
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

std::string email_mark(std::string_view email) {
  constexpr std::size_t kMarkBytes = 16;
  return base64url_encode(sha256(email).substr(0, kMarkBytes));
}

std::string new_token_id() {
  constexpr std::size_t kTokenIdBytes = 9;
  return base64url_encode(random_bytes(kTokenIdBytes));
}

struct MailTokenSigner::Impl {
  Impl(JwsKey signing_key, std::string token_issuer)
      : key(std::move(signing_key)), issuer(std::move(token_issuer)) {
    for (std::size_t i = 0; i < headers.size(); ++i) headers[i] = jws_header(key, kTypes[i]);
  }

  JwsKey key;
  /// By purpose.
  std::array<std::string, kMailTokenPurposes> headers;
  std::string issuer;
};

MailTokenSigner::MailTokenSigner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MailTokenSigner::MailTokenSigner(MailTokenSigner&&) noexcept = default;
MailTokenSigner& MailTokenSigner::operator=(MailTokenSigner&&) noexcept = default;
MailTokenSigner::~MailTokenSigner() = default;

MailTokenSigner MailTokenSigner::hs256(const Secret& secret_key, std::string issuer) {
  return MailTokenSigner(std::make_unique<Impl>(shared_key(secret_key), std::move(issuer)));
}

Result<MailTokenSigner> MailTokenSigner::es256(std::string_view private_key_pem,
                                               std::string issuer) {
  Result<JwsKey> key = JwsKey::es256_private(private_key_pem);
  if (!key) return key.error();
  return MailTokenSigner(std::make_unique<Impl>(std::move(*key), std::move(issuer)));
}

Result<std::string> MailTokenSigner::mint(MailTokenPurpose purpose,
                                          const MailTokenClaims& claims) const {
  const std::string& header = impl_->headers[static_cast<std::size_t>(purpose)];
  auto token = sign_jws(impl_->key, header, write_claims(impl_->issuer, claims, true));
  if (!token || token->size() <= limits::kTokenBytes || claims.return_to.empty()) return token;
  return sign_jws(impl_->key, header, write_claims(impl_->issuer, claims, false));
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
  const auto json = parse_flat_json(*payload);
  if (!json) return refused("claims are not a flat JSON object");
  return read_claims(*json, purpose, impl_->issuer, to_unix_s(now));
}

}  // namespace postern
