#include "oidc/client_assertion.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>

#include "base/login_limits.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/compact_jws.hpp"
#include "crypto/jwk_set.hpp"
#include "crypto/secret.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

/// The explicit type of assertions (draft-ietf-oauth-rfc7523bis).
constexpr std::string_view kType = "client-authentication+jwt";

Error refused(std::string cause) { return {"invalid_client", Retry::kNever, std::move(cause)}; }

Result<json::object> read_signed_claims(const Client* client, std::string_view assertion) {
  if (!client) return refused("no such client");
  if (client->jwks.empty()) return refused("the client has no JWK set");
  const auto keys = JwkSet::read(client->jwks);
  if (!keys) return refused("JWK set: " + keys.error().text);
  const auto payload = keys->verify(kType, assertion);
  if (!payload) return refused(payload.error().cause);
  auto claims = parse_json_object(*payload);
  if (!claims) return refused("claims are not a JSON object");
  return claims;
}

/// A list of several audiences would let one of them use the assertion here in the client's name.
std::optional<std::string_view> only_audience(const json::object& claims) {
  const json::value* aud = claims.if_contains("aud");
  const json::array* list = aud ? aud->if_array() : nullptr;
  if (!list) return string_at(claims, "aud");
  const json::string* only = list->size() == 1 ? list->front().if_string() : nullptr;
  if (!only) return std::nullopt;
  return std::string_view(only->data(), only->size());
}

Status check_parties(const json::object& claims, const Client& client, std::string_view issuer) {
  if (string_at(claims, "iss") != client.id) return refused("wrong iss");
  if (string_at(claims, "sub") != client.id) return refused("wrong sub");
  const auto aud = only_audience(claims);
  if (!aud) return refused("not exactly one aud");
  if (*aud != issuer && *aud != std::string(issuer) + "/token") return refused("wrong aud");
  return {};
}

Status check_times(const json::object& claims, std::int64_t now_s) {
  const auto exp = integer_at(claims, "exp");
  if (!exp) return refused("exp is not a whole number");
  if (*exp <= now_s) return refused("expired");
  if (*exp > now_s + std::chrono::seconds(limits::kAssertionLife).count()) {
    return refused("exp is too far ahead");
  }
  // The client's clock may be ahead of this one's.
  const auto latest_s = now_s + std::chrono::seconds(limits::kClockDifference).count();
  for (const std::string_view name : {"iat", "nbf"}) {
    if (!claims.contains(name)) continue;
    const auto time = integer_at(claims, name);
    if (!time) return refused(std::string(name) + " is not a whole number");
    if (*time > latest_s) return refused(std::string(name) + " is in the future");
  }
  return {};
}

}  // namespace

Result<UsedAssertion> check_client_assertion(const Client* client, std::string_view assertion,
                                             const AssertionCheck& check) {
  const auto claims = read_signed_claims(client, assertion);
  if (!claims) return claims.error();
  const Status parties = check_parties(*claims, *client, check.issuer);
  if (!parties) return parties.error();
  const Status times = check_times(*claims, to_unix_s(check.now));
  if (!times) return times.error();
  const auto jti = string_at(*claims, "jti");
  if (!jti || jti->empty() || jti->size() > limits::kAssertionIdBytes) {
    return refused("jti is not a text of 1 to 256 bytes");
  }
  return UsedAssertion{base64url_encode(sha256(client->id + '\n' + std::string(*jti))),
                       from_unix_ms(*integer_at(*claims, "exp") * 1000)};
}

std::string claimed_client(std::string_view assertion) {
  if (assertion.size() > limits::kAssertionBytes) return {};
  const auto parts = split_compact(assertion);
  if (!parts) return {};
  const auto payload = base64url_decode(parts->payload);
  if (!payload) return {};
  const auto claims = parse_json_object(*payload);
  return claims ? std::string(string_at(*claims, "sub").value_or("")) : std::string();
}

}  // namespace postern
