// The columns of clients, their grants and consents (column_value.hpp).
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "store_sql/column_value.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  return std::string(string_at(object, key).value_or(std::string_view()));
}

TimePoint time_at(const json::object& object, std::string_view key) {
  return from_unix_ms(integer_at(object, key).value_or(0));
}

json::object encode(const ClientGrant& grant) {
  json::object object{{"id", grant.id},
                      {"client_id", grant.client_id},
                      {"scope", grant.scope},
                      {"created_at", to_unix_ms(grant.created_at)},
                      {"last_used_at", to_unix_ms(grant.last_used_at)}};
  if (!grant.token_hash.empty()) object["token_hash"] = grant.token_hash;
  if (!grant.rotations.empty()) object["rotations"] = to_column(grant.rotations);
  if (grant.revoked) object["revoked"] = 1;
  return object;
}

json::object encode(const ClientConsent& consent) {
  return {{"client_id", consent.client_id},
          {"scope", consent.scope},
          {"given_at", to_unix_ms(consent.given_at)}};
}

void decode(const json::object& object, ClientGrant& grant) {
  grant = {text_at(object, "id"),
           text_at(object, "client_id"),
           text_at(object, "scope"),
           time_at(object, "created_at"),
           time_at(object, "last_used_at"),
           text_at(object, "token_hash"),
           {},
           integer_at(object, "revoked").value_or(0) != 0};
  from_column(text_at(object, "rotations"), grant.rotations);
}

void decode(const json::object& object, ClientConsent& consent) {
  consent = {text_at(object, "client_id"), text_at(object, "scope"), time_at(object, "given_at")};
}

template <class Item>
std::string encode_list(const std::vector<Item>& items) {
  if (items.empty()) return {};
  json::array array;
  for (const auto& item : items) array.push_back(encode(item));
  return json::serialize(array);
}

template <class Item>
bool decode_list(std::string_view column, std::vector<Item>& items) {
  items.clear();
  if (column.empty()) return true;
  json::error_code failure;
  const auto value = json::parse(column, failure);
  const auto* array = failure ? nullptr : value.if_array();
  if (!array) return false;
  for (const auto& entry : *array) {
    if (!entry.is_object()) return false;
    decode(entry.get_object(), items.emplace_back());
  }
  return true;
}

}  // namespace

std::string to_column(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

bool from_column(std::string_view column, std::vector<std::string>& field) {
  field.clear();
  while (!column.empty()) {
    const auto end = std::min(column.find('\n'), column.size());
    field.emplace_back(column.substr(0, end));
    column.remove_prefix(std::min(end + 1, column.size()));
  }
  return true;
}

bool from_column(std::string_view column, ClientAuthentication& field) {
  for (const auto each : {ClientAuthentication::kNone, ClientAuthentication::kSecret,
                          ClientAuthentication::kPrivateKeyJwt}) {
    if (column != to_string(each)) continue;
    field = each;
    return true;
  }
  return false;
}

std::string to_column(const std::vector<ClientGrant>& grants) { return encode_list(grants); }

bool from_column(std::string_view column, std::vector<ClientGrant>& field) {
  return decode_list(column, field);
}

std::string to_column(const std::vector<ClientConsent>& consents) { return encode_list(consents); }

bool from_column(std::string_view column, std::vector<ClientConsent>& field) {
  return decode_list(column, field);
}

}  // namespace postern
