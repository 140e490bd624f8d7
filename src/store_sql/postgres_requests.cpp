// PostgresStore: accepted requests.
#include "store_sql/postgres_request_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/request_codec.hpp"

namespace postern {

namespace sql = postgres_sql;

void PostgresStore::send_requests(const WriteBatch& batch) {
  if (!batch.accepted.empty()) {
    const auto& rows = batch.accepted;
    using Row = const AcceptedRequest*;
    PostgresParameters parameters;
    parameters.texts(rows, [](Row r) { return std::string_view(r->id); })
        .texts(rows, [](Row r) { return to_string(r->action); })
        .texts(rows, [](Row r) { return std::string_view(r->email); })
        .texts(rows, [](Row r) { return std::string_view(r->email_key); })
        .texts(rows, [](Row r) { return std::string_view(r->locale); })
        .texts(rows, [](Row r) { return std::string_view(r->return_to); })
        .texts(rows, [](Row r) { return std::string_view(r->client); })
        .texts(rows, [](Row r) { return std::string_view(r->request_id); })
        .texts(rows, [](Row r) { return std::string_view(r->traceparent); })
        .bigints(rows, [](Row r) { return to_unix_ms(r->accepted_at); })
        .bigints(rows, [](Row r) { return to_unix_ms(r->leased_until); });
    send(sql::kInsertRequests, parameters);
  }
  if (!batch.resolved.empty()) {
    const auto id = [](const std::string& text) { return std::string_view(text); };
    send(sql::kRemoveRequests, PostgresParameters().texts(batch.resolved, id));
  }
}

Result<std::vector<AcceptedRequest>> PostgresStore::claim_requests(const RequestClaim& claim) {
  send(sql::kClaimRequests, PostgresParameters()
                                .bigint(to_unix_ms(claim.now))
                                .bigint(to_unix_ms(claim.leased_until))
                                .bigint(static_cast<std::int64_t>(claim.limit))
                                .bigint(claim.leased_too ? 1 : 0));
  const auto results = receive();
  if (!results) return results.error();
  std::vector<AcceptedRequest> requests;
  const auto& claimed = results->front();
  for (int row = 0; row < claimed.rows(); ++row) {
    requests.push_back(read_accepted_request(RowView{claimed, row}));
  }
  sort_oldest_first(requests);
  return requests;
}

}  // namespace postern
