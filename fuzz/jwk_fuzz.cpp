// Keys of other parties from any bytes. The first byte chooses: a JWK set, one member of a key that
// is otherwise good, a token for a set, or a PEM key. A set that is read holds public keys alone,
// and no token that its holder did not sign is let in.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

#include "base/oidc_limits.hpp"
#include "crypto/jwk_set.hpp"
#include "crypto/jws.hpp"
#include "crypto/test_jwk.hpp"
#include "crypto/test_keys.hpp"
#include "property.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace {

using namespace postern;
namespace json = boost::json;

constexpr std::string_view kType = "client-authentication+jwt";

bool is_private(const json::object& jwk) {
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk.contains(name)) return true;
  }
  return string_at(jwk, "kty") == "oct";
}

void check_set(std::string_view text) {
  const auto set = JwkSet::read(text);
  if (!set) {
    require(set.error().code == "invalid_jwks" && !set.error().text.empty());
    return;
  }
  require(text.size() <= limits::kJwkSetBytes);
  const auto object = parse_json_object(text);
  require(bool(object));
  const auto& keys = object->at("keys").as_array();
  require(!keys.empty() && keys.size() <= limits::kJwkSetKeys);
  for (const auto& key : keys) require(!is_private(key.as_object()));
  // Written in another way it is the same set, unless escapes made it too long.
  const std::string written = json::serialize(*object);
  require(written.size() > limits::kJwkSetBytes || JwkSet::read(written));
}

/// The text as further members of a good key; a signature of that key is valid or the key is left
/// out, and it is never valid under another algorithm.
void check_member(std::string_view text) {
  if (!parse_json_object("{" + std::string(text) + "}")) return;
  const std::string more = text.empty() ? std::string() : "," + std::string(text);
  const auto set = JwkSet::read(test::jwk_set({test::ec_jwk(test::ec_key(), more)}));
  static const std::string token =
      test::sign_token(test::ec_key(), "ES256", test::jws_header_json("ES256"), R"({"a":1})");
  static const std::string other = test::sign_token(test::make_ec_key("prime256v1"), "ES256",
                                                    test::jws_header_json("ES256"), R"({"a":1})");
  if (!set) return;
  const auto payload = set->verify(kType, token);
  require(payload && *payload == R"({"a":1})");
  require(!set->verify(kType, other));
}

void check_token(std::string_view text) {
  static const auto set = JwkSet::read(test::jwk_set(
      {test::ec_jwk(test::ec_key(), R"(,"kid":"1")"), test::rsa_jwk(test::rsa_key())}));
  require(bool(set));
  require(!set->verify(kType, text));
  // As the header of a token that the holder did sign.
  const auto payload =
      set->verify(kType, test::sign_token(test::ec_key(), "ES256", text, R"({"a":1})"));
  if (!payload) return;
  const auto header = parse_json_object(text);
  require(header && string_at(*header, "alg") == "ES256");
  for (const char* name : {"crit", "b64", "jwk", "jku", "x5c", "x5u"}) {
    require(!header->contains(name));
  }
  require(!header->contains("kid") || string_at(*header, "kid") == "1");
}

void check_pem(std::string_view text) {
  const auto public_key = JwsKey::es256_public(text);
  const auto private_key = JwsKey::es256_private(text);
  // One text is never both, or the app that shall hold the public half alone could sign.
  require(!public_key || !private_key);
  for (const auto* key : {&public_key, &private_key}) {
    require(!*key || ((*key)->algorithm() == "ES256" && (*key)->kid().size() == 8));
  }
  if (!private_key) return;
  const std::string signature = private_key->sign("input");
  require(signature.size() == 64 && private_key->verify("input", signature));
  require(!private_key->verify("inpuT", signature));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      check_set(text);
      break;
    case 1:
      check_member(text);
      break;
    case 2:
      check_token(text);
      break;
    default:
      check_pem(text);
  }
  return 0;
}
