// PostgresStore: accepted requests.
#include "store_sql/postgres_request_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/request_codec.hpp"

namespace postern {

namespace sql = postgres_sql;

void PostgresStore::send_requests(const WriteBatch& batch) {
  if (!batch.accepted.empty()) {
    using Row = const AcceptedRow&;
    const auto& rows = batch.accepted;
    std::vector<std::string> texts;
    for (const auto& row : rows) texts.push_back(encode_requests(row));
    PostgresParameters parameters;
    parameters.texts(rows, [](Row row) { return std::string_view(row.id); })
        .texts(texts, [](const std::string& text) { return std::string_view(text); })
        .bigints(rows, [](Row row) { return static_cast<std::int64_t>(row.requests.size()); })
        .bigints(rows, [](Row row) { return to_unix_ms(lease_of(row)); });
    send(sql::kInsertRequests, parameters);
  }
  const auto resolved = by_row(batch.resolved);
  if (!resolved.whole.empty()) {
    const auto id = [](const std::string& text) { return std::string_view(text); };
    send(sql::kRemoveRequests, PostgresParameters().texts(resolved.whole, id));
  }
  if (!resolved.parts.empty()) {
    using Part = const ResolvedPart&;
    const auto id = [](Part part) { return std::string_view(part.row); };
    send(sql::kResolveRequests,
         PostgresParameters()
             .texts(resolved.parts, id)
             .bigints(resolved.parts, [](Part p) { return static_cast<std::int64_t>(p.count); })
             .texts(resolved.parts, [](Part p) { return std::string_view(p.indexes); }));
    send(sql::kRemoveResolved, PostgresParameters().texts(resolved.parts, id));
  }
}

Result<std::vector<AcceptedRequest>> PostgresStore::claim_requests(const RequestClaim& claim) {
  send(sql::kClaimRequests, PostgresParameters()
                                .bigint(to_unix_ms(claim.now))
                                .bigint(to_unix_ms(claim.leased_until))
                                .bigint(static_cast<std::int64_t>(claim.limit))
                                .bigint(claim.leased_too ? 1 : 0)
                                .text(claim.after));
  const auto results = receive();
  if (!results) return results.error();
  std::vector<StoredRequests> rows;
  const auto& claimed = results->front();
  for (int at = 0; at < claimed.rows(); ++at) {
    const RowView row{claimed, at};
    rows.push_back(read_stored_requests(row));
  }
  return decode_requests(std::move(rows));
}

}  // namespace postern
