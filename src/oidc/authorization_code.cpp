#include "oidc/authorization_code.hpp"

#include "crypto/sealed.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"

namespace postern {
namespace {

constexpr std::string_view kPlace = "authorization-code";

}  // namespace

std::string seal_code(const Secret& key, const AuthorizationCode& code) {
  JsonWriter json;
  json.text("id", code.id)
      .text("client", code.client_id)
      .text("uri", code.redirect_uri)
      .text("challenge", code.code_challenge)
      .text("nonce", code.nonce)
      .text("scope", code.scope)
      .text("account", code.account_id)
      .text("session", code.session_id)
      .number("expires_at", to_unix_ms(code.expires_at));
  return seal(key, kPlace, json.finish());
}

std::optional<AuthorizationCode> open_code(const Secret& key, std::string_view sealed) {
  const auto plain = open_sealed(key, kPlace, sealed);
  const auto object = plain ? parse_json_object(plain->view()) : plain.error();
  if (!object) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(string_at(*object, name).value_or(std::string_view()));
  };
  return AuthorizationCode{text("id"),
                           text("client"),
                           text("uri"),
                           text("challenge"),
                           text("nonce"),
                           text("scope"),
                           text("account"),
                           text("session"),
                           from_unix_ms(integer_at(*object, "expires_at").value_or(0))};
}

}  // namespace postern
