// What both databases share in reading accepted requests.
//
// Thread contract: pure functions.
// Knows no SQL: the column order is the adapters'. `Row` has text(column) and integer(column).
#pragma once

#include <algorithm>
#include <vector>

#include "store/request_store.hpp"

namespace postern {

/// Reads the columns id, action, email, email_key, locale, return_to, client, request_id,
/// traceparent, accepted_at, leased_until.
template <class Row>
AcceptedRequest read_accepted_request(const Row& row) {
  AcceptedRequest request;
  request.id = row.text(0);
  // The table's check leaves no others.
  request.action = parse_request_action(row.text(1)).value_or(RequestAction::kRegister);
  request.email = row.text(2);
  request.email_key = row.text(3);
  request.locale = row.text(4);
  request.return_to = row.text(5);
  request.client = row.text(6);
  request.request_id = row.text(7);
  request.traceparent = row.text(8);
  request.accepted_at = from_unix_ms(row.integer(9));
  request.leased_until = from_unix_ms(row.integer(10));
  return request;
}

/// RETURNING promises no order: oldest first, by id.
inline void sort_oldest_first(std::vector<AcceptedRequest>& requests) {
  std::ranges::sort(requests, {}, &AcceptedRequest::id);
}

}  // namespace postern
