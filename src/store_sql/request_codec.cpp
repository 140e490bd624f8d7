#include "store_sql/request_codec.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <unordered_map>

#include "store_sql/column_value.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"

namespace postern {
namespace {

constexpr std::size_t kUsualBytes = 256;

AcceptedRequest unreadable(const std::string& row, std::size_t index) {
  AcceptedRequest accepted;
  accepted.place = {row, index};
  accepted.readable = false;
  return accepted;
}

std::string encode(const AcceptedRequest& accepted) {
  const auto& [email, locale, return_to, context] = accepted.request;
  JsonWriter json(kUsualBytes);
  json.text("action", to_string(accepted.action))
      .text("email", email.address)
      .text("email_key", email.key)
      .text("locale", locale)
      .text("client", context.client_network)
      .text("request_id", context.request_id)
      .number("accepted_at", to_unix_ms(accepted.accepted_at));
  if (!return_to.empty()) json.text("return_to", return_to);
  if (!context.traceparent.empty()) json.text("traceparent", context.traceparent);
  return json.finish();
}

std::optional<AcceptedRequest> decode(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (!object) return std::nullopt;
  const auto text = [&](std::string_view key) {
    return std::string(string_at(*object, key).value_or(std::string_view()));
  };
  const auto action = parse_request_action(text("action"));
  const auto accepted_at = integer_at(*object, "accepted_at");
  if (!action || !accepted_at) return std::nullopt;
  AcceptedRequest accepted;
  accepted.action = *action;
  accepted.request = {{text("email"), text("email_key")},
                      text("locale"),
                      text("return_to"),
                      {text("request_id"), text("traceparent"), text("client")}};
  accepted.accepted_at = from_unix_ms(*accepted_at);
  return accepted;
}

std::string listed(std::size_t index) { return "," + std::to_string(index); }

bool is_listed(const StoredRequests& row, std::size_t index) {
  const std::string item = listed(index);
  return row.resolved.ends_with(item) || row.resolved.find(item + ',') != std::string::npos;
}

/// Appends the requests of the row that are not resolved.
void decode(const StoredRequests& row, std::vector<AcceptedRequest>& to) {
  const auto object = parse_json_object(row.requests);
  const auto* member = object ? object->if_contains("requests") : nullptr;
  const auto* requests = member ? member->if_array() : nullptr;
  if (!requests) return to.push_back(unreadable(row.id, 0));
  for (std::size_t index = 0; index < requests->size(); ++index) {
    if (is_listed(row, index)) continue;
    auto request = decode((*requests)[index]);
    if (request) {
      request->place = {row.id, index, requests->size()};
      request->leased_until = row.leased_until;
    }
    to.push_back(request ? *std::move(request) : unreadable(row.id, index));
  }
}

}  // namespace

std::string encode_requests(const AcceptedRow& row) {
  std::string text = R"({"requests":[)";
  text.reserve(row.requests.size() * kUsualBytes);
  for (std::size_t i = 0; i < row.requests.size(); ++i) {
    if (i > 0) text += ',';
    text += encode(*row.requests[i]);
  }
  return text + "]}";
}

bool is_storable(const AcceptedRow& row) {
  return std::ranges::all_of(row.requests, [](const AcceptedRequest* accepted) {
    const auto& [email, locale, return_to, context] = accepted->request;
    const auto texts = {std::string_view(email.address),
                        std::string_view(email.key),
                        std::string_view(locale),
                        std::string_view(return_to),
                        std::string_view(context.client_network),
                        std::string_view(context.request_id),
                        std::string_view(context.traceparent)};
    return std::ranges::all_of(texts, [](std::string_view text) { return is_storable(text); });
  });
}

TimePoint lease_of(const AcceptedRow& row) {
  return (*std::ranges::max_element(
              row.requests, {},
              [](const AcceptedRequest* request) { return request->leased_until; }))
      ->leased_until;
}

std::vector<AcceptedRequest> decode_requests(std::vector<StoredRequests> rows) {
  // RETURNING promises no order.
  std::ranges::sort(rows, {}, &StoredRequests::id);
  std::vector<AcceptedRequest> requests;
  for (const auto& row : rows) decode(row, requests);
  return requests;
}

std::vector<std::string> rows_of(std::span<const RequestPlace> places) {
  std::vector<std::string> rows;
  for (const auto& place : places) rows.push_back(place.row);
  std::ranges::sort(rows);
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

std::vector<bool> unresolved(std::span<const RequestPlace> places,
                             std::span<const StoredRequests> found) {
  std::unordered_map<std::string_view, const StoredRequests*> rows;
  for (const auto& row : found) rows.emplace(row.id, &row);
  std::vector<bool> unresolved;
  unresolved.reserve(places.size());
  for (const auto& place : places) {
    const auto row = rows.find(place.row);
    unresolved.push_back(row != rows.end() && !is_listed(*row->second, place.index));
  }
  return unresolved;
}

ResolvedRows by_row(const std::vector<RequestPlace>& resolved) {
  ResolvedRows rows;
  std::unordered_map<std::string_view, std::size_t> known;
  std::vector<std::size_t> sizes;
  for (const auto& place : resolved) {
    const auto [at, added] = known.emplace(place.row, rows.parts.size());
    if (added) {
      rows.parts.push_back({place.row});
      sizes.push_back(place.of);
    }
    auto& part = rows.parts[at->second];
    ++part.count;
    part.indexes += listed(place.index);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (rows.parts[i].count == sizes[i]) {
      rows.whole.push_back(std::move(rows.parts[i].row));
    } else {
      if (kept != i) rows.parts[kept] = std::move(rows.parts[i]);
      ++kept;
    }
  }
  rows.parts.resize(kept);
  return rows;
}

}  // namespace postern
