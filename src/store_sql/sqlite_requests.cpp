// SqliteStore: accepted requests.
#include "store_sql/mail_tables.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Status SqliteStore::write_requests(const WriteBatch& batch) {
  for (const auto& row : batch.accepted) {
    if (!is_storable(row)) return text_refused();
    auto done = run(SqliteSql::kInsertRequests, row.id, encode_requests(row), row.requests.size(),
                    lease_of(row));
    if (!done) return done;
  }
  const auto resolved = by_row(batch.resolved);
  for (const auto& id : resolved.whole) {
    if (auto done = run(SqliteSql::kRemoveRequests, id); !done) return done;
  }
  for (const auto& part : resolved.parts) {
    auto done = run(SqliteSql::kResolveRequests, part.row, part.count, part.indexes);
    if (!done) return done;
    if (done = run(SqliteSql::kRemoveResolved, part.row); !done) return done;
  }
  return {};
}

Result<std::vector<bool>> SqliteStore::find_unresolved(std::span<const RequestPlace> places) {
  std::vector<StoredRequests> rows;
  for (const auto& id : rows_of(places)) {
    auto found = find_rows<ResolvedTable>(rows, SqliteSql::kFindUnresolved, id);
    if (!found) return found.error();
  }
  return unresolved(places, rows);
}

Result<std::vector<AcceptedRequest>> SqliteStore::claim_requests(const RequestClaim& claim) {
  std::vector<StoredRequests> rows;
  auto claimed =
      find_rows<RequestTable>(rows, SqliteSql::kClaimRequests, claim.now, claim.leased_until,
                              claim.limit, claim.leased_too, claim.after);
  if (!claimed) return claimed.error();
  return decode_requests(std::move(rows));
}

}  // namespace postern
