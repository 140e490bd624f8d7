#include "oidc/client_assertion.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "base/oidc_limits.hpp"
#include "crypto/jwk_set.hpp"
#include "crypto/secret.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

Error refused(std::string cause) { return {"invalid_client", Retry::kNever, std::move(cause)}; }

/// One audience alone: what is meant for two servers, the other one could use here.
std::optional<std::string> audience_of(const json::object& claims) {
  const auto* aud = claims.if_contains("aud");
  if (!aud) return std::nullopt;
  const auto* list = aud->if_array();
  if (list && list->size() != 1) return std::nullopt;
  const auto* text = list ? list->front().if_string() : aud->if_string();
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

Status check_times(const json::object& claims, TimePoint now) {
  const auto exp = integer_at(claims, "exp");
  if (!exp) return refused("exp is missing");
  const auto life = std::chrono::seconds(limits::kAssertionLife).count();
  const auto difference = std::chrono::seconds(limits::kClockDifference).count();
  const auto at = to_unix_s(now);
  if (*exp <= at) return refused("expired");
  if (*exp > at + life) return refused("exp is too far ahead");
  for (const std::string_view name : {"iat", "nbf"}) {
    if (claims.contains(name) &&
        integer_at(claims, name).value_or(at + difference + 1) > at + difference) {
      return refused("issued in the future");
    }
  }
  return {};
}

}  // namespace

Result<UsedAssertion> check_client_assertion(const Client* client, std::string_view assertion,
                                             const AssertionCheck& check) {
  if (!client || client->jwks.empty()) return refused("no such client, or it has no keys");
  const auto keys = JwkSet::read(client->jwks);
  if (!keys) return refused(keys.error().cause);
  const auto payload = keys->verify(assertion);
  if (!payload) return refused(payload.error().cause);
  const auto claims = parse_json_object(*payload);
  if (!claims) return refused("the claims are no JSON object");
  if (string_at(*claims, "iss") != client->id || string_at(*claims, "sub") != client->id) {
    return refused("iss or sub is not the client");
  }
  const auto audience = audience_of(*claims);
  if (audience != check.issuer && audience != std::string(check.issuer) + "/token") {
    return refused("aud is not this server alone");
  }
  if (auto times = check_times(*claims, check.now); !times) return times.error();
  const auto jti = string_at(*claims, "jti").value_or(std::string_view());
  if (jti.empty() || jti.size() > limits::kAssertionIdBytes) return refused("no usable jti");
  return UsedAssertion{base64url_encode(sha256(client->id + '\n' + std::string(jti))),
                       from_unix_ms(*integer_at(*claims, "exp") * 1000)};
}

std::string claimed_client(std::string_view assertion) {
  const auto first = assertion.find('.'), last = assertion.rfind('.');
  if (first == std::string_view::npos || last == first) return {};
  const auto payload = base64url_decode(assertion.substr(first + 1, last - first - 1));
  const auto claims =
      payload ? parse_json_object(*payload) : Result<json::object>(refused("not base64url"));
  if (!claims) return {};
  return std::string(string_at(*claims, "sub").value_or(std::string_view()));
}

}  // namespace postern
