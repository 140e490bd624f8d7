// The columns of clients, their grants and consents (column_value.hpp): a line each, its fields
// between tabs. None of them holds a tab or a line end.
#include <algorithm>
#include <array>
#include <charconv>

#include "store_sql/column_value.hpp"

namespace postern {
namespace {

/// The fields of a line; empty where there are fewer.
template <std::size_t count>
std::array<std::string_view, count> fields_of(std::string_view line) {
  std::array<std::string_view, count> fields;
  for (auto& field : fields) {
    const auto end = std::min(line.find('\t'), line.size());
    field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

TimePoint time_of(std::string_view text) {
  std::int64_t unix_ms = 0;
  std::from_chars(text.data(), text.data() + text.size(), unix_ms);
  return from_unix_ms(unix_ms);
}

std::string encode(const std::string& line) { return line; }

std::string encode(const ClientGrant& grant) {
  std::string line = grant.id;
  for (const auto& field :
       {grant.client_id, grant.scope, std::to_string(to_unix_ms(grant.created_at)),
        std::to_string(to_unix_ms(grant.last_used_at)), grant.token_hash,
        to_column(grant.rotations)}) {
    line.append("\t").append(field);
  }
  return line.append(grant.revoked ? "\trevoked" : "\t");
}

std::string encode(const ClientConsent& consent) {
  return consent.client_id + '\t' + consent.scope + '\t' +
         std::to_string(to_unix_ms(consent.given_at));
}

void decode(std::string_view line, std::string& field) { field = line; }

void decode(std::string_view line, ClientGrant& grant) {
  const auto fields = fields_of<8>(line);
  grant.id = fields[0];
  grant.client_id = fields[1];
  grant.scope = fields[2];
  grant.created_at = time_of(fields[3]);
  grant.last_used_at = time_of(fields[4]);
  grant.token_hash = fields[5];
  from_column(fields[6], grant.rotations);
  grant.revoked = !fields[7].empty();
}

void decode(std::string_view line, ClientConsent& consent) {
  const auto fields = fields_of<3>(line);
  consent.client_id = fields[0];
  consent.scope = fields[1];
  consent.given_at = time_of(fields[2]);
}

template <class Item>
std::string encode_lines(const std::vector<Item>& items) {
  std::string text;
  for (const auto& item : items) text.append(text.empty() ? "" : "\n").append(encode(item));
  return text;
}

template <class Item>
bool decode_lines(std::string_view column, std::vector<Item>& items) {
  items.clear();
  while (!column.empty()) {
    const auto end = std::min(column.find('\n'), column.size());
    decode(column.substr(0, end), items.emplace_back());
    column.remove_prefix(std::min(end + 1, column.size()));
  }
  return true;
}

}  // namespace

std::string to_column(const std::vector<std::string>& lines) { return encode_lines(lines); }
std::string to_column(const std::vector<ClientGrant>& grants) { return encode_lines(grants); }
std::string to_column(const std::vector<ClientConsent>& consents) { return encode_lines(consents); }

bool from_column(std::string_view column, std::vector<std::string>& field) {
  return decode_lines(column, field);
}
bool from_column(std::string_view column, std::vector<ClientGrant>& field) {
  return decode_lines(column, field);
}
bool from_column(std::string_view column, std::vector<ClientConsent>& field) {
  return decode_lines(column, field);
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

}  // namespace postern
