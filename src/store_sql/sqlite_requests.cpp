// SqliteStore: accepted requests.
#include "store_sql/request_codec.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Status SqliteStore::write_requests(const WriteBatch& batch) {
  for (const auto& row : batch.accepted) {
    auto done = run(SqliteSql::kInsertRequests, row.id, encode_requests(row),
                    static_cast<std::int64_t>(row.requests.size()), to_unix_ms(lease_of(row)));
    if (!done) return done;
  }
  const auto resolved = by_row(batch.resolved);
  for (const auto& id : resolved.whole) {
    if (auto done = run(SqliteSql::kRemoveRequests, id); !done) return done;
  }
  for (const auto& part : resolved.parts) {
    auto done = run(SqliteSql::kResolveRequests, part.row, static_cast<std::int64_t>(part.count),
                    part.indexes);
    if (!done) return done;
    if (done = run(SqliteSql::kRemoveResolved, part.row); !done) return done;
  }
  return {};
}

Result<std::vector<AcceptedRequest>> SqliteStore::claim_requests(const RequestClaim& claim) {
  std::vector<StoredRequests> rows;
  auto& take = statement(SqliteSql::kClaimRequests);
  take.bind(to_unix_ms(claim.now), to_unix_ms(claim.leased_until),
            static_cast<std::int64_t>(claim.limit), std::int64_t{claim.leased_too},
            std::string_view(claim.after));
  const int code =
      take.each_row([&](const SqliteStatement& row) { rows.push_back(read_stored_requests(row)); });
  if (code != SQLITE_DONE) return failure();
  return decode_requests(std::move(rows));
}

}  // namespace postern
