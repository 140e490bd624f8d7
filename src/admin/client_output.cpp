#include "admin/client_output.hpp"

#include <boost/json.hpp>

namespace postern {
namespace {

namespace json = boost::json;

json::array list_of(const std::vector<std::string>& texts) {
  json::array list;
  for (const auto& text : texts) list.emplace_back(text);
  return list;
}

std::string shown(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

/// The members that an operator sets.
json::object settings_of(const Client& client) {
  json::object settings = client_as_json(client, {});
  for (const char* name : {"client_id", "created_at", "has_secret", "previous_secret_until"}) {
    settings.erase(name);
  }
  return settings;
}

}  // namespace

std::string_view method_name(ClientAuthentication authentication) {
  return authentication == ClientAuthentication::kSecret ? "client_secret_basic"
                                                         : to_string(authentication);
}

json::object client_as_json(const Client& client, TimePoint now) {
  json::object object{{"client_id", client.id},
                      {"client_name", client.name},
                      {"redirect_uris", list_of(client.redirect_uris)},
                      {"post_logout_redirect_uris", list_of(client.post_logout_redirect_uris)},
                      {"token_endpoint_auth_method", method_name(client.authentication)},
                      {"third_party", client.third_party},
                      {"created_at", to_rfc3339(client.created_at)}};
  if (!client.url.empty()) object["client_uri"] = client.url;
  if (!client.resource.empty()) object["resource"] = client.resource;
  if (!client.jwks.empty()) object["jwks"] = json::parse(client.jwks);
  if (client.authentication == ClientAuthentication::kSecret) {
    object["has_secret"] = !client.secret_hash.empty();
    if (!client.previous_secret_hash.empty() && now < client.previous_secret_until) {
      object["previous_secret_until"] = to_rfc3339(client.previous_secret_until);
    }
  }
  return object;
}

std::string client_as_text(const Client& client, TimePoint now) {
  std::string text;
  for (const auto& [name, value] : client_as_json(client, now)) {
    text.append(name).append(": ").append(shown(value)).append("\n");
  }
  return text;
}

std::string clients_as_text(std::span<const Client> clients) {
  std::string text;
  for (const auto& client : clients) {
    text.append(client.id).append("  ").append(method_name(client.authentication));
    text.append(client.third_party ? "  third-party  " : "  ").append(client.name).append("\n");
  }
  return text;
}

std::vector<std::string> differences(const Client* before, const Client& after) {
  const json::object old = before ? settings_of(*before) : json::object();
  const json::object now = settings_of(after);
  std::vector<std::string> lines;
  for (const auto& [name, value] : now) {
    const auto* was = old.if_contains(name);
    if (was && *was == value) continue;
    const std::string from = was ? shown(*was) + " -> " : std::string();
    lines.push_back(std::string(name) + ": " + from + shown(value));
  }
  for (const auto& [name, value] : old) {
    if (!now.contains(name)) lines.push_back(std::string(name) + ": " + shown(value) + " -> none");
  }
  return lines;
}

}  // namespace postern
