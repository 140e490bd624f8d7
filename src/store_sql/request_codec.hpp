// Accepted requests as both databases store them: the requests of a transaction in rows of JSON.
//
// Thread contract: pure functions.
// Knows no SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/request_store.hpp"

namespace postern {

/// {"requests": [{action, email, email_key, locale, client, request_id, accepted_at, return_to?,
/// traceparent?}, …]}; accepted_at in Unix milliseconds.
std::string encode_requests(const AcceptedRow& row);
/// Whether the requests' own text can be stored: as JSON it could be, with other characters.
bool is_storable(const AcceptedRow& row);
/// Until when the row is leased: as long as each of its requests.
TimePoint lease_of(const AcceptedRow& row);

/// A row as it is read.
struct StoredRequests {
  std::string id;
  std::string requests;
  std::string resolved;
  TimePoint leased_until;
};

/// The requests of the rows that are not resolved, oldest first. One that is not what
/// encode_requests gives is not readable, and does not hold back the others.
std::vector<AcceptedRequest> decode_requests(std::vector<StoredRequests> rows);

/// The rows of the places, each once.
std::vector<std::string> rows_of(std::span<const RequestPlace> places);
/// For each place whether its row is among those that were found and does not list it as resolved.
std::vector<bool> unresolved(std::span<const RequestPlace> places,
                             std::span<const StoredRequests> found);

/// Some requests of a row that are resolved.
struct ResolvedPart {
  std::string row;
  std::size_t count = 0;
  /// As the column `resolved` continues: ",3,17".
  std::string indexes = {};
};

/// The requests that a transaction resolves, by row.
struct ResolvedRows {
  /// Rows all of whose requests are.
  std::vector<std::string> whole = {};
  std::vector<ResolvedPart> parts = {};
};

ResolvedRows by_row(const std::vector<RequestPlace>& resolved);

}  // namespace postern
