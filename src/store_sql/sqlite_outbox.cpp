// SqliteStore: the outbox, and the states of emails.
#include "store_sql/mail_tables.hpp"
#include "store_sql/outbox_rows.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Status SqliteStore::insert_outbox(const OutboxRow& row) {
  auto done = run_row<OutboxTable>(SqliteSql::kInsertOutbox, row);
  if (!done || !row.has_mail()) return done;
  return run(SqliteSql::kInsertMailState, row.account_id, row.id, row.kind, row.created_at);
}

Result<std::vector<OutboxRow>> SqliteStore::claim_outbox(const OutboxClaim& claim) {
  std::vector<OutboxRow> rows;
  for (const auto which : {SqliteSql::kClaimOutbox, SqliteSql::kClaimOutboxAhead}) {
    if (!rows.empty()) break;
    auto claimed = find_rows<ClaimedTable>(rows, which, claim.now, claim.leased_until, claim.owner,
                                           claim.limit, claim.counts, claim.order[0],
                                           claim.order[1], claim.order[2]);
    if (!claimed) return claimed.error();
  }
  as_claimed(rows, claim);
  return rows;
}

Status SqliteStore::change_outbox(const OutboxChanges& changes) {
  for (const auto& id : changes.done) {
    if (auto done = run(SqliteSql::kDeleteOutbox, id); !done) return done;
  }
  for (const auto& row : changes.deferred) {
    auto done = run(SqliteSql::kDeferOutbox, row.id, row.available_at, row.attempts,
                    storable_reason(row.reason), row.unknown_outcomes);
    if (!done) return done;
  }
  const auto dead_at = time_of_death();
  for (const auto& row : changes.dead) {
    auto done = run(SqliteSql::kDeadLetterOutbox, row.id, dead_at, row.attempts,
                    storable_reason(row.reason));
    if (!done) return done;
  }
  for (const auto& id : changes.released) {
    if (auto done = run(SqliteSql::kReleaseOutbox, id); !done) return done;
  }
  return {};
}

Status SqliteStore::end_leases() { return run(SqliteSql::kEndLeases); }

Result<std::int64_t> SqliteStore::count_outbox(std::int64_t cap) {
  std::int64_t count = 0;
  const auto counted = query(
      SqliteSql::kCountOutbox, [&](const SqliteStatement& row) { count = row.integer(0); }, cap);
  if (!counted) return counted.error();
  return count;
}

Status SqliteStore::write_mail_states(std::span<const MailStatus> states) {
  for (const auto& state : states) {
    auto done = run(SqliteSql::kUpdateMailState, state.account_id, state.mail_id, state.outcome,
                    state.changed_at, state.next_attempt_at, storable_reason(state.reply),
                    storable_reason(state.relay));
    if (!done) return done;
  }
  return {};
}

Result<std::vector<MailStatus>> SqliteStore::find_mail_states(const std::string& account_id,
                                                              std::size_t limit) {
  std::vector<MailStatus> states;
  auto found = find_rows<MailStateTable>(states, SqliteSql::kFindMailStates, account_id, limit);
  if (!found) return found.error();
  return states;
}

}  // namespace postern
