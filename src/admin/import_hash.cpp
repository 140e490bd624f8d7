#include "admin/import_hash.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>

#include "crypto/password.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(string_at(object, key).value_or(""));
}

/// Both base64 alphabets that hashes use know no padding.
std::string unpadded(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  return text;
}

/// Keycloak writes each of Argon2's parameters as a list of one text.
std::string additional(const json::object& data, std::string_view key) {
  const auto* parameters = data.if_contains("additionalParameters");
  const auto* object = parameters ? parameters->if_object() : nullptr;
  const auto* value = object ? object->if_contains(key) : nullptr;
  const auto* list = value ? value->if_array() : nullptr;
  if (!list || list->size() != 1 || !list->front().is_string()) return {};
  return std::string(list->front().get_string());
}

std::string from_keycloak(const json::object& secret, const json::object& data) {
  const auto rounds = integer_at(data, "hashIterations");
  const auto algorithm = text_of(data, "algorithm");
  const auto salt = unpadded(text_of(secret, "salt"));
  const auto digest = unpadded(text_of(secret, "value"));
  if (!rounds) return {};
  const std::string tail = "$" + salt + "$" + digest;
  if (algorithm == "argon2") {
    const bool is_newest = additional(data, "version") == "1.3";
    return "$argon2" + additional(data, "type") + (is_newest ? "$v=19" : "$v=16") +
           "$m=" + additional(data, "memory") + ",t=" + std::to_string(*rounds) +
           ",p=" + additional(data, "parallelism") + tail;
  }
  std::string name;
  if (algorithm == "pbkdf2") name = "pbkdf2";
  if (algorithm == "pbkdf2-sha256" || algorithm == "pbkdf2-sha512") name = algorithm;
  return "$" + name + "$" + std::to_string(*rounds) + tail;
}

std::string from_firebase(const json::object& object, const FirebaseParameters& parameters) {
  const auto text = [&](std::string_view key, const std::string& otherwise) {
    return object.contains(key) ? text_of(object, key) : otherwise;
  };
  const auto number = [&](std::string_view key, std::int64_t otherwise) {
    return std::to_string(integer_at(object, key).value_or(otherwise));
  };
  return "$firebase-scrypt$ln=" + number("mem_cost", parameters.mem_cost) +
         ",r=" + number("rounds", parameters.rounds) + "$" +
         text("signer_key", parameters.signer_key) + "$" +
         text("salt_separator", parameters.salt_separator) + "$" + text_of(object, "salt") + "$" +
         text_of(object, "hash");
}

std::string from_object(const json::object& object, const FirebaseParameters& parameters) {
  if (!object.contains("secretData")) return from_firebase(object, parameters);
  const auto secret = parse_json_object(text_of(object, "secretData"));
  const auto data = parse_json_object(text_of(object, "credentialData"));
  return secret && data ? from_keycloak(*secret, *data) : std::string();
}

}  // namespace

std::optional<std::string> read_import_hash(const json::value& value,
                                            const FirebaseParameters& parameters) {
  std::string encoded;
  if (const auto* object = value.if_object()) {
    encoded = from_object(*object, parameters);
  } else if (const auto* text = value.if_string()) {
    encoded = *text;
    // A credential that was copied from the other system's table as it is.
    const auto object_text =
        encoded.starts_with('{') ? parse_json_object(encoded) : Result<json::object>(Error{});
    if (object_text) encoded = from_object(*object_text, parameters);
  }
  return is_usable_hash(encoded) ? std::optional(encoded) : std::nullopt;
}

}  // namespace postern
