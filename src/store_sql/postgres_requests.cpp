// PostgresStore: accepted requests.
#include "store_sql/mail_tables.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

void PostgresStore::send_requests(const WriteBatch& batch) {
  for (const auto& row : batch.accepted) refused_ = refused_ || !is_storable(row);
  if (!batch.accepted.empty() && !refused_) {
    const auto size = [](const AcceptedRow& row) { return row.requests.size(); };
    send(PostgresSql::kInsertRequests, PostgresParameters()
                                           .array(batch.accepted, &AcceptedRow::id)
                                           .array(batch.accepted, encode_requests)
                                           .array(batch.accepted, size)
                                           .array(batch.accepted, lease_of));
  }
  const auto resolved = by_row(batch.resolved);
  if (!resolved.whole.empty()) {
    send(PostgresSql::kRemoveRequests, PostgresParameters().array(resolved.whole));
  }
  if (!resolved.parts.empty()) {
    const auto rows = PostgresParameters().array(resolved.parts, &ResolvedPart::row);
    send(PostgresSql::kResolveRequests, PostgresParameters(rows)
                                            .array(resolved.parts, &ResolvedPart::count)
                                            .array(resolved.parts, &ResolvedPart::indexes));
    send(PostgresSql::kRemoveResolved, rows);
  }
}

Result<std::vector<bool>> PostgresStore::find_unresolved(std::span<const RequestPlace> places) {
  send(PostgresSql::kFindUnresolved, PostgresParameters().array(rows_of(places)));
  const auto rows = receive_rows<ResolvedTable>();
  if (!rows) return rows.error();
  return unresolved(places, *rows);
}

Result<std::vector<AcceptedRequest>> PostgresStore::claim_requests(const RequestClaim& claim) {
  send(PostgresSql::kClaimRequests,
       PostgresParameters::of(claim.now, claim.leased_until, claim.limit, claim.leased_too,
                              claim.after));
  auto rows = receive_rows<RequestTable>();
  if (!rows) return rows.error();
  return decode_requests(*std::move(rows));
}

}  // namespace postern
