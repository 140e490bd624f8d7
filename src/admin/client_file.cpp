#include "admin/client_file.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/oidc_limits.hpp"
#include "crypto/jwk_set.hpp"
#include "crypto/secret.hpp"
#include "oidc/client_authentication.hpp"
#include "oidc/redirect_uri.hpp"
#include "text/ascii.hpp"
#include "text/json.hpp"
#include "text/plain_text.hpp"
#include "text/url.hpp"

namespace postern {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 10> kMembers{
    "client_id",  "client_name",      "redirect_uris", "post_logout_redirect_uris",
    "client_uri", "third_party",      "jwks",          "token_endpoint_auth_method",
    "resource",   "client_secret_env"};
/// Shorter names, and what they stand for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kAliases{
    {{"name", "client_name"}, {"url", "client_uri"}}};
constexpr std::size_t kIdBytes = 64;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretBytesMost = 512;
constexpr std::size_t kResourceBytes = 512;

Error invalid(std::string text) { return {"invalid_client", Retry::kNever, text, text}; }
Error invalid_file(const std::string& text) { return {"invalid_file", Retry::kNever, text, text}; }

bool is_client_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytes && std::ranges::all_of(id, [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
}

/// RFC 8707, 2: an absolute URI without a fragment.
bool is_resource(std::string_view uri) {
  const auto allowed = [](char c) {
    constexpr std::string_view kNone = "\"#<>\\^`{|}";
    return c > ' ' && c < 0x7F && kNone.find(c) == std::string_view::npos;
  };
  const auto colon = uri.find(':');
  return colon != std::string_view::npos && colon + 1 < uri.size() &&
         ascii::is_alpha(uri.front()) && uri.size() <= kResourceBytes &&
         std::ranges::all_of(uri, allowed);
}

Status check_uris(const std::vector<std::string>& uris) {
  if (uris.size() > limits::kRedirectUrisPerClient) return invalid("At most 32 redirect URIs.");
  for (const auto& uri : uris) {
    if (const auto checked = check_redirect_uri(uri); !checked) {
      return invalid("\"" + uri + "\": " + checked.error().text);
    }
  }
  return {};
}

Result<std::vector<std::string>> read_list(const json::object& entry, std::string_view name) {
  std::vector<std::string> texts;
  const auto* member = entry.if_contains(name);
  if (!member) return texts;
  const auto* list = member->if_array();
  if (!list) return invalid(std::string(name) + " is not a list.");
  for (const auto& item : *list) {
    if (!item.is_string()) return invalid(std::string(name) + " holds something that is no text.");
    texts.emplace_back(item.get_string());
  }
  return texts;
}

Status read_texts(const json::object& entry, Client& client) {
  const std::pair<std::string_view, std::string*> members[] = {{"client_id", &client.id},
                                                               {"client_name", &client.name},
                                                               {"client_uri", &client.url},
                                                               {"resource", &client.resource}};
  for (const auto& [name, field] : members) {
    const auto* member = entry.if_contains(name);
    if (!member) continue;
    if (!member->is_string()) return invalid(std::string(name) + " is no text.");
    *field = member->get_string();
  }
  return {};
}

Status read_authentication(const json::object& entry, Client& client) {
  const auto method = string_at(entry, "token_endpoint_auth_method");
  if (!method && entry.contains("token_endpoint_auth_method")) {
    return invalid("token_endpoint_auth_method is no text.");
  }
  if (const auto* jwks = entry.if_contains("jwks")) client.jwks = json::serialize(*jwks);
  if (method == "none") {
    client.authentication = ClientAuthentication::kNone;
  } else if (method == "private_key_jwt" || (!method && !client.jwks.empty())) {
    client.authentication = ClientAuthentication::kPrivateKeyJwt;
  } else if (!method || method == "client_secret_basic" || method == "client_secret_post") {
    client.authentication = ClientAuthentication::kSecret;
  } else {
    return invalid(
        "token_endpoint_auth_method is none, client_secret_basic, client_secret_post or "
        "private_key_jwt.");
  }
  if (!client.jwks.empty() && client.authentication != ClientAuthentication::kPrivateKeyJwt) {
    return invalid("jwks is for private_key_jwt alone.");
  }
  return {};
}

/// RFC 6749, appendix A.2: VSCHAR.
bool is_secret(std::string_view secret) {
  return secret.size() <= kSecretBytesMost &&
         std::ranges::all_of(secret, [](char c) { return c >= ' ' && c < 0x7F; });
}

Status read_secret(const json::object& entry, const Environment& environment, Client& client) {
  const auto* member = entry.if_contains("client_secret_env");
  if (!member) return {};
  if (!member->is_string()) return invalid("client_secret_env is no text.");
  if (client.authentication != ClientAuthentication::kSecret) {
    return invalid("client_secret_env is for client_secret_basic and client_secret_post alone.");
  }
  const std::string name(member->get_string());
  auto value = environment(name);
  if (!value) return invalid("the variable " + name + " is not set.");
  const Secret secret(*std::move(value));
  if (secret.view().size() < kSecretBytes) {
    return invalid("the variable " + name + " has fewer than 32 characters.");
  }
  if (!is_secret(secret.view())) {
    return invalid("the variable " + name + " is not printable ASCII of 512 characters at most.");
  }
  client.secret_hash = hash_client_secret(secret.view());
  return {};
}

/// The entry under the names of RFC 7591, without members that are null: they count as absent.
Result<json::object> normal_entry(const json::object& entry) {
  json::object normal;
  for (const auto& [key, value] : entry) {
    std::string_view name(key.data(), key.size());
    if (name == "client_secret") {
      return invalid("client_secret is not for a file; client_secret_env names its variable.");
    }
    for (const auto& [alias, stands_for] : kAliases) {
      if (name == alias) name = stands_for;
    }
    if (std::ranges::find(kMembers, name) == kMembers.end()) {
      return invalid("there is no member \"" + std::string(name) + "\".");
    }
    if (value.is_null()) continue;
    if (!normal.emplace(name, value).second) return invalid(std::string(name) + " is there twice.");
  }
  return normal;
}

Result<Client> read_entry(const json::object& given, const Environment& environment) {
  const auto normal = normal_entry(given);
  if (!normal) return normal.error();
  const json::object& entry = *normal;
  Client client;
  if (auto texts = read_texts(entry, client); !texts) return texts.error();
  auto redirects = read_list(entry, "redirect_uris");
  if (!redirects) return redirects.error();
  client.redirect_uris = *std::move(redirects);
  auto logouts = read_list(entry, "post_logout_redirect_uris");
  if (!logouts) return logouts.error();
  client.post_logout_redirect_uris = *std::move(logouts);
  if (const auto* third_party = entry.if_contains("third_party")) {
    if (!third_party->is_bool()) return invalid("third_party is true or false.");
    client.third_party = third_party->get_bool();
  }
  if (auto read = read_authentication(entry, client); !read) return read.error();
  if (auto secret = read_secret(entry, environment, client); !secret) return secret.error();
  if (auto checked = check_client_fields(client); !checked) return checked.error();
  return client;
}

}  // namespace

Status check_client_fields(const Client& client) {
  if (!is_client_id(client.id)) return invalid("client_id is 1 to 64 of A-Z a-z 0-9 . _ -");
  if (client.name.empty() || client.name.size() > kNameBytes || !is_one_line(client.name)) {
    return invalid("client_name is 1 to 100 bytes of plain text.");
  }
  if (!client.url.empty() && !is_allowed_return_url(client.url, std::array{client.url})) {
    return invalid("client_uri is not an http(s) address.");
  }
  if (client.redirect_uris.empty()) return invalid("There is no redirect URI.");
  if (auto checked = check_uris(client.redirect_uris); !checked) return checked;
  if (auto checked = check_uris(client.post_logout_redirect_uris); !checked) return checked;
  if (!client.resource.empty() && !is_resource(client.resource)) {
    return invalid("resource is not an absolute URI without a fragment.");
  }
  if (client.authentication != ClientAuthentication::kPrivateKeyJwt) return {};
  const auto keys = JwkSet::read(client.jwks);
  return keys ? Status() : invalid("jwks: " + keys.error().text);
}

Result<std::vector<Client>> read_client_file(std::string_view text,
                                             const Environment& environment) {
  const auto file = parse_json_object(text);
  const auto* member = file ? file->if_contains("clients") : nullptr;
  const auto* list = member ? member->if_array() : nullptr;
  if (!list || file->size() != 1) {
    return invalid_file("The file is not {\"clients\": [...]} in JSON.");
  }
  std::vector<Client> entries;
  for (const auto& item : *list) {
    const std::string at = "entry " + std::to_string(entries.size() + 1) + ": ";
    if (!item.is_object()) return invalid_file(at + "not an object.");
    auto client = read_entry(item.get_object(), environment);
    if (!client) return invalid_file(at + client.error().text);
    const bool repeated =
        std::ranges::any_of(entries, [&](const Client& entry) { return entry.id == client->id; });
    if (repeated) return invalid_file(at + "client_id stands there twice.");
    entries.push_back(*std::move(client));
  }
  return entries;
}

Client applied(const Client* before, const Client& wanted, TimePoint now) {
  Client client = wanted;
  client.created_at = before ? before->created_at : now;
  client.updated_at = now;
  if (!before) return client;
  if (client.secret_hash.empty()) client.secret_hash = before->secret_hash;
  if (client.secret_hash == before->secret_hash) {
    client.previous_secret_hash = before->previous_secret_hash;
    client.previous_secret_until = before->previous_secret_until;
  } else if (!before->secret_hash.empty()) {
    client.previous_secret_hash = before->secret_hash;
    client.previous_secret_until = now + kSecretOverlap;
  }
  if (client.authentication != ClientAuthentication::kSecret) {
    client.secret_hash.clear();
    client.previous_secret_hash.clear();
    client.previous_secret_until = {};
  }
  if (client.authentication != ClientAuthentication::kPrivateKeyJwt) client.jwks.clear();
  return client;
}

}  // namespace postern
