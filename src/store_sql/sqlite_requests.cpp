// SqliteStore: accepted requests.
#include "store_sql/request_codec.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Status SqliteStore::write_requests(const WriteBatch& batch) {
  for (const auto* request : batch.accepted) {
    auto done = run(SqliteSql::kInsertRequest, request->id, to_string(request->action),
                    request->email, request->email_key, request->locale, request->return_to,
                    request->client, request->request_id, request->traceparent,
                    to_unix_ms(request->accepted_at), to_unix_ms(request->leased_until));
    if (!done) return done;
  }
  for (const auto& id : batch.resolved) {
    if (auto done = run(SqliteSql::kRemoveRequest, id); !done) return done;
  }
  return {};
}

Result<std::vector<AcceptedRequest>> SqliteStore::claim_requests(const RequestClaim& claim) {
  std::vector<AcceptedRequest> requests;
  auto& take = statement(SqliteSql::kClaimRequests);
  take.bind(to_unix_ms(claim.now), to_unix_ms(claim.leased_until),
            static_cast<std::int64_t>(claim.limit), std::int64_t{claim.leased_too});
  const int code = take.each_row(
      [&](const SqliteStatement& row) { requests.push_back(read_accepted_request(row)); });
  if (code != SQLITE_DONE) return failure();
  sort_oldest_first(requests);
  return requests;
}

}  // namespace postern
